"""The shell: app, screens, keys, palette, themes. It alone joins panes with the session."""
