"""Every save of a watched file is noticed, however the editor does it, and none is made up."""

from __future__ import annotations

import asyncio
import mmap
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from lar_debug.watch import COARSE, GONE, SAME_SAVE, Files, Saved, Watcher

EDITOR = Path(__file__).parents[1] / "terminal" / "editor_saves.py"
SAVES = 30


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run a test that waits for saves; it fails when one does not come for a long time."""

    async def limited() -> None:
        async with asyncio.timeout(60):
            await test

    asyncio.run(limited())


async def editor(file: Path, method: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-IS", str(EDITOR), str(file), method, stdin=asyncio.subprocess.PIPE
    )


async def save(file: Path, method: str, content: str) -> None:
    process = await editor(file, method)
    await process.communicate(content.encode())
    assert process.returncode == 0


def put(file: Path, content: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


class Marked:
    """Asks a watcher what it has noticed so far.

    A marker file is saved and waited for, twice: the look that finds the first one may have
    begun before it was saved, the look that finds the second one has not.
    """

    def __init__(self, watcher: Watcher, marker: Path) -> None:
        self.watcher, self.marker, self.count = watcher, marker, 0

    async def so_far(self) -> list[Saved]:
        return await self._until_marked() + await self._until_marked()

    async def _until_marked(self) -> list[Saved]:
        self.count += 1
        put(self.marker.with_suffix(".new"), str(self.count)).replace(self.marker)
        told: list[Saved] = []
        while not told or str(self.marker) not in told[-1].paths:
            told.append(await anext(self.watcher))
        return told

    async def changed(self) -> set[str]:
        """Names of the files whose content changed since the last question."""
        paths = {path for saved in await self.so_far() for path in saved.paths}
        return {os.path.relpath(path, self.marker.parent) for path in paths} - {self.marker.name}


def marked(folder: Path, *files: Path) -> tuple[Watcher, Marked]:
    marker = put(folder / "marker", "0")
    watcher = Watcher(str(file) for file in (*files, marker))
    return watcher, Marked(watcher, marker)


@pytest.fixture(params=["watchfiles", "poll alone"])
def wakeup(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With watchfiles, and as where it is not installed."""
    if request.param == "poll alone":
        monkeypatch.setitem(sys.modules, "watchfiles._rust_notify", None)
    return request.param


@pytest.mark.usefixtures("wakeup")
@pytest.mark.parametrize("method", ["in-place", "rename"])
def test_each_of_30_saves_of_the_same_size_is_told_once(tmp_path: Path, method: str) -> None:
    file = put(tmp_path / "answering.py", "limit = 00\n")

    async def test() -> None:
        async with Watcher([str(file)]) as watcher:
            seconds: list[int] = []
            for number in range(1, SAVES + 1):
                await save(file, method, f"limit = {number:02}\n")
                saved = await anext(watcher)
                assert saved.paths == {str(file)}
                assert saved.touched == frozenset()
                seconds.append(int(file.stat().st_mtime))
            assert len(set(seconds)) < SAVES, "no two saves fell into one second"
            file.unlink()
            last = await anext(watcher)
            assert last.paths == {str(file)}
            assert not file.exists()
            watcher.close()
            assert [saved async for saved in watcher] == []

    run(test())


def test_saves_as_vim_does_them_are_all_told(tmp_path: Path) -> None:
    file = put(tmp_path / "prompts" / "reply.md", "Write the answer 00.\n")
    watcher, ask = marked(tmp_path, file)

    async def test() -> None:
        async with watcher:
            for number in range(1, SAVES + 1):
                await save(file, "vim", f"Write the answer {number:02}.\n")
                assert await ask.changed() == {"prompts/reply.md"}

    run(test())


def test_a_torn_file_is_told_as_it_is_and_again_when_it_is_whole(tmp_path: Path) -> None:
    file = put(tmp_path / "answering.py", "whole = 0\n")

    async def test() -> None:
        async with Watcher([str(file)]) as watcher:
            for number in range(1, 6):
                process = await editor(file, "truncate")
                assert (await anext(watcher)).paths == {str(file)}
                assert file.read_text() == ""
                await process.communicate(f"whole = {number}\n".encode())
                assert (await anext(watcher)).paths == {str(file)}
                assert file.read_text() == f"whole = {number}\n"

    run(test())


@pytest.mark.usefixtures("wakeup")
def test_a_linked_file_is_followed_to_where_it_is_edited(tmp_path: Path) -> None:
    first = put(tmp_path / "shared" / "first.md", "one")
    second = put(tmp_path / "elsewhere" / "second.md", "two")
    link = tmp_path / "prompts" / "reply.md"
    link.parent.mkdir()
    link.symlink_to(first)
    watcher, ask = marked(tmp_path, link)

    async def test() -> None:
        async with watcher:
            await save(first, "rename", "one again")
            assert await ask.changed() == {"prompts/reply.md"}
            await save(link, "in-place", "through the link")
            assert await ask.changed() == {"prompts/reply.md"}
            link.unlink()
            link.symlink_to(second)
            assert await ask.changed() == {"prompts/reply.md"}
            await save(second, "vim", "two again")
            assert await ask.changed() == {"prompts/reply.md"}
            await save(first, "rename", "nobody reads this now")
            assert await ask.changed() == set()

    run(test())


def test_a_wake_up_alone_tells_of_a_save_wherever_the_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lar_debug.watch.POLL", 3600.0)
    plain = put(tmp_path / "answering.py", "")
    target = put(tmp_path / "shared" / "reply.md", "")
    link = tmp_path / "prompts" / "reply.md"
    link.parent.mkdir()
    link.symlink_to(target)
    added = put(tmp_path / "helpers" / "text.py", "")

    async def test() -> None:
        async with Watcher([str(plain)]) as watcher:
            await save(plain, "rename", "1")
            assert (await anext(watcher)).paths == {str(plain)}
            # Nobody asked for this one; while it is saved the watch goes back to listening.
            await save(put(tmp_path / "unwatched.py", ""), "rename", "1")
            watcher.files = {str(plain), str(link), str(added)}
            for method in ("in-place", "rename"):
                for saved, told in ((added, added), (target, link), (plain, plain)):
                    await save(saved, method, f"by {method}")
                    assert (await anext(watcher)).paths == {str(told)}

    run(test())


@pytest.mark.usefixtures("wakeup")
def test_a_linked_folder_may_be_pointed_elsewhere(tmp_path: Path) -> None:
    put(tmp_path / "v1" / "reply.md", "one")
    put(tmp_path / "v2" / "reply.md", "two")
    (tmp_path / "prompts").symlink_to("v1")
    watcher, ask = marked(tmp_path, tmp_path / "prompts" / "reply.md")

    async def test() -> None:
        async with watcher:
            put(tmp_path / "v1" / "reply.md", "edited at the other end")
            assert await ask.changed() == {"prompts/reply.md"}
            (tmp_path / "prompts").unlink()
            (tmp_path / "prompts").symlink_to("v2")
            assert await ask.changed() == {"prompts/reply.md"}
            await save(tmp_path / "v2" / "reply.md", "rename", "two again")
            assert await ask.changed() == {"prompts/reply.md"}

    run(test())


@pytest.mark.usefixtures("wakeup")
def test_a_file_that_a_node_looked_for_in_vain_is_told_when_it_is_made(tmp_path: Path) -> None:
    file = tmp_path / "not" / "yet" / "there.md"

    async def test() -> None:
        async with Watcher([str(file)]) as watcher:
            put(file, "here I am")
            assert (await anext(watcher)).paths == {str(file)}
            await save(file, "rename", "and again")
            assert (await anext(watcher)).paths == {str(file)}

    run(test())


@pytest.mark.usefixtures("wakeup")
@pytest.mark.parametrize("how", ["removed", "swapped"])
def test_a_folder_made_anew_is_watched_like_the_old_one(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "helpers"
    file = put(folder / "text.py", "before")
    watcher, ask = marked(tmp_path, file)

    async def test() -> None:
        async with watcher:
            for number in range(3):
                if how == "removed":
                    shutil.rmtree(folder)
                else:
                    folder.rename(tmp_path / f"old{number}")
                put(file, f"made anew {number}")
                assert await ask.changed() == {"helpers/text.py"}
                for again in range(2):
                    await save(file, "in-place", f"edited {number} {again}")
                    assert await ask.changed() == {"helpers/text.py"}

    run(test())


@pytest.mark.usefixtures("wakeup")
def test_no_save_is_lost_while_other_files_come_and_go(tmp_path: Path) -> None:
    file = put(tmp_path / "answering.py", "0")
    others = [put(tmp_path / f"folder{number}" / "other.md", "") for number in range(10)]
    watcher, ask = marked(tmp_path, file)
    always = watcher.files

    async def test() -> None:
        async with watcher:
            for number, other in enumerate(others):
                put(file, f"before {number}")
                watcher.files = always | {str(other)}
                put(other, "saved as soon as it is watched")
                relative = os.path.relpath(other, tmp_path)
                assert await ask.changed() == {"answering.py", relative}
            watcher.files = always
            put(others[-1], "no longer watched")
            assert await ask.changed() == set()

    run(test())


def test_saves_between_setting_the_files_and_starting_count(tmp_path: Path) -> None:
    file = put(tmp_path / "answering.py", "0")
    watcher = Watcher([str(file)])
    put(file, "1")

    async def test() -> None:
        async with watcher:
            assert (await anext(watcher)).paths == {str(file)}

    run(test())


def test_a_save_that_changes_nothing_is_told_apart(tmp_path: Path) -> None:
    saved_again, touched, mode = (put(tmp_path / name, "the same") for name in "abc")
    watcher, ask = marked(tmp_path, saved_again, touched, mode)

    async def test() -> None:
        async with watcher:
            await save(saved_again, "rename", "the same")
            touched.touch()
            mode.chmod(0o600)
            told = await ask.so_far()
            assert set[str]().union(*(saved.paths for saved in told)) == {str(ask.marker)}
            unchanged = set[str]().union(*(saved.touched for saved in told))
            assert unchanged == {str(saved_again), str(touched), str(mode)}

    run(test())


def test_closing_ends_the_iteration_and_leaves_no_thread(tmp_path: Path) -> None:
    file = put(tmp_path / "answering.py", "0")
    before = set(threading.enumerate())

    async def test() -> None:
        watcher = Watcher([str(file)])
        watcher.start()
        waiting = asyncio.create_task(anext(watcher, None))
        put(file, "1")
        assert await waiting is not None
        assert set(threading.enumerate()) - before
        watcher.close()
        assert set(threading.enumerate()) == before
        assert [saved async for saved in watcher] == []
        watcher.close()

    run(test())


def test_a_screen_that_went_away_without_closing_does_not_keep_the_thread(tmp_path: Path) -> None:
    file = put(tmp_path / "answering.py", "0")

    async def test() -> None:
        Watcher([str(file)]).start()

    run(test())
    thread = next(one for one in threading.enumerate() if one.name == "lar-debug watch")
    put(file, "1")
    thread.join(timeout=60)
    assert not thread.is_alive()


def test_only_absolute_paths_are_taken() -> None:
    with pytest.raises(ValueError, match=r"not an absolute path: answering\.py"):
        Watcher(["answering.py"])


def test_the_time_of_a_save_is_when_it_was_noticed(tmp_path: Path) -> None:
    files = watched(tmp_path / "file", "0")
    before = time.time()
    put(tmp_path / "file", "1")
    saved = files.check()
    assert saved is not None
    assert before <= saved.at <= time.time()


def watched(file: Path, content: str) -> Files:
    files = Files()
    files.replace([str(put(file, content))])
    return files


def overwrite(file: Path, content: str) -> None:
    with open(file, "r+") as opened:
        opened.write(content)


def test_a_save_soon_after_another_is_told_even_if_the_stat_did_not_move(tmp_path: Path) -> None:
    file = tmp_path / "answering.py"
    files = watched(file, "limit = 0")
    # What a coarse clock does to two quick saves, a memory map does on any file system: only
    # the first write to a page moves the times.
    with open(file, "r+b") as opened, mmap.mmap(opened.fileno(), 0) as content:
        content[-1:] = b"1"
        assert files.check() is not None
        before = file.stat()
        content[-1:] = b"2"
        assert file.stat() == before
        saved = files.check()
    assert saved is not None
    assert saved.paths == {str(file)}


def test_a_save_that_puts_the_old_time_back_is_told_however_late(tmp_path: Path) -> None:
    file = tmp_path / "answering.py"
    files = watched(file, "limit = 1")
    long_ago = 1_000_000_000
    os.utime(file, ns=(long_ago, long_ago))
    start = time.monotonic()
    assert files.check(start) is not None
    assert files.check(start + 2 * COARSE) is None
    overwrite(file, "limit = 2")
    os.utime(file, ns=(long_ago, long_ago))
    saved = files.check(start + 3 * COARSE)
    assert saved is not None
    assert saved.paths == {str(file)}


def test_a_file_away_for_a_moment_is_no_change_and_one_that_stays_away_is(tmp_path: Path) -> None:
    file, aside = tmp_path / "reply.md", tmp_path / "reply.md~"
    files = watched(file, "text")
    start = time.monotonic()
    file.rename(aside)
    assert files.check(start) is None
    aside.rename(file)
    back = files.check(start + GONE / 2)
    assert back is None or not back.paths
    file.unlink()
    assert files.check(start + 1) is None
    gone = files.check(start + 1 + 2 * GONE)
    assert gone is not None
    assert gone.paths == {str(file)}
    assert files.check(start + 2) is None
    put(file, "text")
    made_again = files.check(start + 3)
    assert made_again is not None
    assert made_again.paths == {str(file)}


def test_what_an_editor_sets_after_the_content_is_no_second_save(tmp_path: Path) -> None:
    file = tmp_path / "reply.md"
    files = watched(file, "text")
    start = time.monotonic()
    overwrite(file, "TEXT")
    assert files.check(start) is not None
    file.chmod(0o600)
    assert files.check(start + SAME_SAVE / 2) is None
    file.chmod(0o644)
    later = files.check(start + 2 * SAME_SAVE)
    assert later is not None
    assert (later.paths, later.touched) == (frozenset(), {str(file)})


def test_pipes_and_folders_do_not_stop_the_watch(tmp_path: Path) -> None:
    folder, pipe = tmp_path / "folder", tmp_path / "pipe"
    folder.mkdir()
    os.mkfifo(pipe)
    files = Files()
    files.replace([str(folder), str(pipe)])
    assert files.check() is None
    put(folder / "new.md", "a node that lists the folder sees it")
    saved = files.check()
    assert saved is not None
    assert saved.paths == {str(folder)}


def test_importing_the_watch_loads_no_watchfiles() -> None:
    code = "import sys, lar_debug.watch; print([m for m in sys.modules if 'watchfiles' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
