"""The shells complete commands, flags, files and names; the manual page has all of it."""

import os
import pathlib
import shutil
import subprocess
import unittest

from _cli_broker import PROGRAM, BrokerCase, environment, run

TWOFOLD = str(pathlib.Path(PROGRAM).absolute())


class Completions(BrokerCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        bin_folder = cls.folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "twofold").symlink_to(TWOFOLD)
        (cls.folder / "files").mkdir()
        (cls.folder / "files" / "shop.toml").touch()
        (cls.folder / "files" / "folder").mkdir()
        cls.place = {"cwd": cls.folder / "files", "text": True, "capture_output": True, "timeout": 30, "check": False,
                     "env": environment(TWOFOLD_URL=cls.url) | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "HOME": str(cls.folder)}}
        for shell in ("bash", "zsh", "fish"):
            (cls.folder / shell).write_text(run("completions", shell).stdout)
            if not shutil.which(shell):
                raise AssertionError(f"{shell} is missing: ./scripts/deps.sh test")

    def shell(self, *words: str) -> set[str]:
        done = subprocess.run(words, **self.place)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return set(done.stdout.splitlines())

    def bash(self, *typed: str) -> set[str]:
        words = " ".join(f"'{word}'" for word in ("twofold", *typed))
        return self.shell("bash", "-c", f"source '{self.folder}/bash'; COMP_WORDS=({words}); COMP_CWORD={len(typed)}; "
                                        "_twofold; printf '%s\\n' \"${COMPREPLY[@]}\"")

    def zsh(self, *typed: str) -> set[str]:
        """What the function would hand to zsh's own: those do not run outside of a line that is typed."""
        words = " ".join(f"'{word}'" for word in ("twofold", *typed))
        told = self.shell("zsh", "-f", "-c",
                          "compadd() { shift; print -l -- \"$@\"; }\n"
                          "_describe() { local name=${@[-1]}; print -l -- \"${(@)${(P)name}%%:*}\"; }\n"
                          "_files() { print -l -- files \"$@\"; }\n"
                          f"source '{self.folder}/zsh'; words=({words}); CURRENT={len(typed) + 1}; _twofold")
        return {word for word in told if word.startswith(typed[-1]) or word in ("files", "-/")}

    def fish(self, *typed: str) -> set[str]:
        line = " ".join(("twofold", *typed))
        return {word.split("\t")[0] for word in self.shell("fish", "-N", "-c", f"source '{self.folder}/fish'; complete -C '{line}'")}

    def test_commands_and_verbs(self) -> None:
        for complete in (self.bash, self.zsh, self.fish):
            self.assertEqual(complete("sto"), {"storage"}, complete)
            self.assertEqual(complete("topic", "cre"), {"create"}, complete)
            self.assertLessEqual({"serve", "topic", "queue", "completions", "man"}, complete(""), complete)
            self.assertEqual(complete("bench", "comp"), {"compare"}, complete)

    def test_flags_of_the_command_and_those_of_all(self) -> None:
        for complete in (self.bash, self.zsh, self.fish):
            self.assertEqual(complete("topic", "create", "--part"), {"--partitions"}, complete)
            self.assertEqual(complete("peek", "mail", "--mat"), {"--match"}, complete)
            self.assertEqual(complete("topic", "ls", "--verb"), {"--verbose"}, complete)
            self.assertNotIn("--partitions", complete("topic", "delete", "--"), complete)

    def test_names_that_the_broker_has(self) -> None:
        self.cli("topic", "create", "orders")
        self.cli("queue", "create", "kitchen")
        for complete in (self.bash, self.zsh, self.fish):
            self.assertEqual(complete("consume", "or"), {"orders"}, complete)
            self.assertEqual(complete("queue", "describe", "ki"), {"kitchen"}, complete)
            self.assertEqual(complete("topic", "describe", "ki"), set() if complete != self.bash else {""}, complete)

    def test_values(self) -> None:
        for complete in (self.bash, self.zsh, self.fish):
            self.assertEqual(complete("topic", "list", "-o", "js"), {"json", "jsonl"}, complete)
            self.assertEqual(complete("completions", "z"), {"zsh"}, complete)
            self.assertIn("kubernetes", complete("generate", "kub"), complete)
        self.assertEqual(self.bash("apply", "-f", "sh"), {"shop.toml"})
        self.assertEqual(self.bash("serve", "--data", ""), {"folder"})
        self.assertEqual(self.fish("apply", "-f", "sh"), {"shop.toml"})
        self.assertEqual(self.fish("serve", "--data", "fol"), {"folder/"})
        self.assertEqual(self.zsh("serve", "--data", ""), {"files", "-/"})

    def test_an_unknown_shell_is_refused(self) -> None:
        self.assertIn("bash, zsh and fish", self.cli("completions", "tcsh", code=2).stderr)

    def test_the_manual_page_has_every_command_and_no_mistake(self) -> None:
        page = run("man").stdout
        shown = subprocess.run(["man", "-l", "--warnings=w", "-"], input=page, capture_output=True, text=True, timeout=60, check=True,
                               env=environment(LC_ALL="C.UTF-8", MANWIDTH="120"))
        self.assertEqual(shown.stderr, "")
        for text in ("twofold storage dump [flags] [NAME]", "--visibility", "TWOFOLD_TOKEN", "twofold receive mail -n 10 -o jsonl",
                     "held by another process"):
            self.assertIn(text, shown.stdout)


if __name__ == "__main__":
    unittest.main()
