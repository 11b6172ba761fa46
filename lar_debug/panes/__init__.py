"""The panes of the screen: each paints one frozen view and posts messages up.

A pane imports no other pane, no session and no store. May import model, text, diff's layout,
Rich and Textual.
"""
