"""Find, range, failed, stale and the history of a key, as a person types them."""

from textual.events import Paste

from lar_debug.model.views import KeyChange
from lar_debug.panes.text_field import TextField
from tests.shell.conftest import OpenDesk
from tests.shell.fake_session import FakeSession, long_text


async def test_slash_asks_in_the_place_of_the_event_line_and_enter_finds(open_desk: OpenDesk):
    async with open_desk() as desk:
        event = desk.row_of("saved prompts/reply.md")
        await desk.press("slash", *"tent")
        assert desk.lines[event] == " / tent"
        await desk.press("enter")
        assert desk.session.asked == ["find tent"]
        assert "saved prompts/reply.md" in desk.lines[event]
        await desk.press("n", "N")
        assert desk.session.asked[1:] == ["find +1", "find -1"]
        await desk.press("escape")
        assert desk.session.walking.find.text == ""
        assert desk.session.cursor == 5


async def test_while_something_is_asked_keys_are_text_and_esc_leaves(open_desk: OpenDesk):
    async with open_desk() as desk:
        await desk.press("slash", *"jq!1", "escape")
        assert desk.session.asked == []
        assert desk.session.cursor == 5
        await desk.press("j")
        assert desk.session.cursor == 6


async def test_letters_typed_at_once_behind_slash_are_never_keys_of_the_screen(
    open_desk: OpenDesk,
):
    async with open_desk() as desk:
        await desk.press_at_once("slash", *"rxwj", "slash", "colon", "enter")
        assert desk.session.asked == ["find rxwj/:"]
        assert desk.session.cursor == 5


async def test_keys_behind_enter_are_meant_for_the_screen(open_desk: OpenDesk):
    async with open_desk() as desk:
        await desk.press_at_once("slash", *"tent", "enter", "k")
        assert desk.session.asked == ["find tent"]
        assert desk.session.cursor == 4


async def test_a_field_is_edited_as_in_readline(open_desk: OpenDesk):
    async with open_desk() as desk:
        field = desk.main.query_one(TextField)
        await desk.press("slash", *"one two three", "ctrl+w")
        assert field.text == "one two "
        await desk.press("ctrl+a", "right", "ctrl+k", *"f", "ctrl+e", "left", "backspace")
        assert field.text == "f"
        await desk.press("delete", *"ab", "ctrl+u")
        assert field.text == ""
        await desk.press("left", "backspace", "ctrl+w", "delete")
        assert field.text == ""


async def test_what_is_pasted_is_one_line_and_reaches_no_terminal_raw(open_desk: OpenDesk):
    async with open_desk() as desk:
        await desk.press("slash")
        field = desk.main.query_one(TextField)
        field.post_message(Paste("two\nlines \x1b]0;evil\x07"))
        await desk.pilot.pause()
        assert field.text == "two lines \x1b]0;evil\x07"
        assert "\x1b" not in desk.text
        assert "two lines ␛]0;evil␇" in desk.text


async def test_the_cursor_of_a_long_text_stays_in_sight(open_desk: OpenDesk):
    async with open_desk(60, 20) as desk:
        await desk.press("slash", *("x" * 100), *"end")
        assert "xxend" in desk.text
        await desk.press("home")
        assert "xxend" not in desk.text


async def test_a_field_outlives_a_terminal_that_is_too_small_for_a_moment(open_desk: OpenDesk):
    async with open_desk() as desk:
        await desk.press("slash", *"te")
        await desk.resize(30, 8)
        await desk.resize(100, 40)
        await desk.press(*"nt", "enter")
        assert desk.session.asked == ["find tent"]


async def test_keys_of_the_timeline_mark_a_range_and_go_to_failed_and_stale_steps(
    open_desk: OpenDesk,
):
    async with open_desk() as desk:
        await desk.press("v", "exclamation_mark", "asterisk")
        assert desk.session.asked == ["range", "failed", "stale"]
        await desk.press("escape")
        assert not desk.session.walking.ranged


async def test_without_a_search_n_goes_from_change_to_change(open_desk: OpenDesk):
    async with open_desk(100, 24, long_text()) as desk:
        pane = desk.main.query_one("#diff-pane")
        await desk.press(*(["right_curly_bracket"] * 30))
        assert "a line that was put in its place" not in desk.text
        await desk.press("n")
        assert "a line that was put in its place" in desk.text
        there = pane.scroll_offset.y
        await desk.press("n")
        assert pane.scroll_offset.y == there
        assert "no change further below" in desk.text
        await desk.press("N")
        assert pane.scroll_offset.y < there


async def test_a_key_typed_into_the_palette_opens_its_history(open_desk: OpenDesk):
    async with open_desk() as desk:
        await desk.press("colon", *"reply")
        await desk.found()
        assert "History of reply" in desk.text
        await desk.press("enter")
        await desk.found()
        assert "history of reply" in desk.lines[0]
        assert "2 changes" in desk.lines[0]
        assert desk.lines[1] == "> step   5 write_reply  + 'Dear Ms Lindqvist,'"
        assert desk.lines[2] == "  step   6 check_reply  ~ +4 words -7 words"
        await desk.press("j", "enter")
        assert desk.session.cursor == 6
        assert "history of" not in desk.text


async def test_a_history_is_left_where_one_was(open_desk: OpenDesk):
    async with open_desk() as desk:
        for key in ("q", "escape"):
            desk.main.action_history("reply")
            await desk.found()
            await desk.press("j", key)
            assert desk.session.cursor == 5
        desk.main.action_history("unknown")
        await desk.found()
        assert "no step wrote it" in desk.lines[0]
        await desk.press("enter", "q")
        assert "[1 Diff]" in desk.text


async def test_a_key_with_a_hostile_name_is_only_shown(open_desk: OpenDesk):
    name = "a'); self.exit() #\x1b]0;evil\x07[b]"
    session = FakeSession()
    change = KeyChange(5, "\x1b[31mwrite", "+", ())
    session.walking.history.keys = {name: (change,)}
    async with open_desk(session=session) as desk:
        await desk.press("colon", *"a'")
        await desk.found()
        await desk.press("enter")
        await desk.found()
        assert "history of a'); self.exit() #␛]0;evil␇[b]" in desk.lines[0]
        assert "\x1b" not in desk.text
        assert desk.app.is_running


async def test_a_step_is_gone_to_by_its_number(open_desk: OpenDesk):
    async with open_desk() as desk:
        desk.main.action_ask_step()
        await desk.press(*"two", "enter")
        assert desk.session.shown_event.text == "two is no step number"
        await desk.press("ctrl+u", "2", "enter")
        assert desk.session.cursor == 2


async def test_what_is_shown_is_compared_with_another_step_on_a_page(open_desk: OpenDesk):
    async with open_desk() as desk:
        await desk.press("colon", *"compare with")
        await desk.found()
        await desk.press("enter")
        await desk.press("2", "enter")
        await desk.found()
        assert "state after 2 → 5@3" in desk.lines[0]
        assert "+ │- Your order A-1042" in desk.text
        await desk.press("q")
        desk.main.action_ask_compared()
        await desk.press("9", "9", "enter")
        await desk.found()
        assert desk.session.shown_event.text == "run 7f3a has no step 99: its steps are 0 to 6"
