"""Each rule passes a sound sample and finds what is broken in a broken one. Run: python3 -m unittest check_test, in this folder."""

import contextlib
import io
import pathlib
import tempfile
import unittest

import tool_rules
from check import RULES, main
from source_tree import Tree

SOUND = {
    "sfv/sfv.h": '// All of it.\n#pragma once\n\n#include "sfv/pipeline/line.h"\n',
    "sfv/core/error.h": "#pragma once\n\n#include <string>\n",
    "sfv/io/image.h": '#pragma once\n\n#include "sfv/core/error.h"\n',
    "sfv/io/image.cpp": '#include "sfv/io/image.h"\n\n#include <png.h>\n#include <sys/stat.h>\n\n#include "sfv/io/png_handle.h"\n',
    "sfv/io/png_handle.h": "#pragma once\n\n#include <png.h>\n",
    "sfv/pipeline/line.h": '#pragma once\n\n#include <torch/types.h>\n\n#include "sfv/io/image.h"\n',
    "cmake/private_headers.txt": "# comment\nsfv/io/png_handle.h\n",
    "apps/sfv/main.cpp": '#include <CLI/CLI.hpp>\n#include <cstdio>\n\n#include "sfv/sfv.h"\n\n'
                         'int main() { std::printf("sfv"); }\n',
    "tests/io/image_test.cpp": '#include "sfv/io/image.h"\n\n#include <gtest/gtest.h>\n',
    "examples/photos/cat.png": "",
    "examples/photos/README.md": "cat.png: by me, license CC0\n",
    "tools/go": "#!/usr/bin/env bash\nset -euo pipefail\necho go\n",
    ".clang-format": "BasedOnStyle: Google\nColumnLimit: 110\n",
}

# rule, path, text, what the finding must say. The text replaces or adds one file of the sound sample.
BROKEN = [
    ("includes", "sfv/core/error.h", '#pragma once\n#include "sfv/io/image.h"\n', "sfv/core may include only itself and: nothing"),
    ("includes", "sfv/io/image.cpp", '#include "sfv/pipeline/line.h"\n', "sfv/io may include only"),
    ("includes", "sfv/io/image.cpp", '#include "../core/error.h"\n', "no ../"),
    ("includes", "sfv/io/image.cpp", '#include "image.h"\n', "named from the root"),
    ("includes", "sfv/io/image.cpp", '#include "sfv/sfv.h"\n', "umbrella"),
    ("includes", "sfv/io/image.cpp", '#include "tests/io/sample.h"\n', "the library includes only itself"),
    ("includes", "sfv/io/image.cpp", "#include <sfv/core/error.h>\n", "go in quotes"),
    ("includes", "sfv/io/image.h", '#pragma once\n#include "sfv/io/png_handle.h"\n', "private to the .cpp files"),
    ("includes", "sfv/pipeline/line.cpp", '#include "sfv/io/png_handle.h"\n', "private to the .cpp files"),
    ("includes", "sfv/extras/a.h", "#pragma once\n", "not in the include table"),
    ("includes", "tests/io/image_test.cpp", '#include "apps/sfv/main.h"\n', "nothing includes apps"),
    ("includes", "cmake/private_headers.txt", "sfv/io/gone.h\n", "there is no sfv/io/gone.h"),
    ("includes", "docs/architecture.md", "| folder | may include |\n|---|---|\n| `core` | – |\n| `io` | core, tensor |\n", "its table"),
    ("third_party", "sfv/core/error.cpp", "#include <nlohmann/json.hpp>\n", "does not belong here"),
    ("third_party", "sfv/io/image.cpp", "#include <torch/types.h>\n", "it is torch-free"),
    ("third_party", "sfv/io/video.h", "#pragma once\n#include <libavcodec/avcodec.h>\n", "in a public header"),
    ("third_party", "sfv/pipeline/line.cpp", "#include <CLI/CLI.hpp>\n", "does not belong here"),
    ("third_party", "sfv/io/image.cpp", "#include <opencv2/core.hpp>\n", "has no home"),
    ("file_names", "sfv/io/utils.h", "#pragma once\n", "says nothing"),
    ("file_names", "sfv/common/a.h", "#pragma once\n", "says nothing"),
    ("file_names", "tests/Helpers.cmake", "", "says nothing"),
    ("file_names", "sfv/io/ImageReader.cpp", "", "snake_case"),
    ("headers", "sfv/io/image.h", "#include <string>\n#pragma once\n", "must be #pragma once"),
    ("headers", "sfv/io/image.h", "// #pragma once\n#include <string>\n", "must be #pragma once"),
    ("headers", "sfv/io/image.cpp", "using namespace std;\n", "no using-directives"),
    ("length", "sfv/io/image.cpp", "int a;\n" * 401, "401 lines"),
    ("length", "tests/structure/long_files.txt", "sfv/io/image.cpp a table\n", "remove it from the list"),
    ("length", "tests/structure/long_files.txt", "sfv/io/gone.cpp a table\n", "there is no sfv/io/gone.cpp"),
    ("length", "tests/structure/long_files.txt", "sfv/io/image.cpp\n", "has no reason"),
    ("library_is_quiet", "sfv/io/image.cpp", 'void f() { std::cout << "x"; }\n', "std::cout"),
    ("library_is_quiet", "sfv/io/image.cpp", 'void f() { std::fprintf(stderr, "x"); }\n', "fprintf"),
    ("library_is_quiet", "sfv/io/image.cpp", "void f() { exit(1); }\n", "exit"),
    ("origin", "examples/photos/dog.jpg", "", "dog.jpg"),
    ("origin", "examples/photos/README.md", "cat.png: from somewhere\n", "cat.png"),
    ("format", "sfv/io/image.cpp", "int  a ;\n", "not formatted"),
    ("scripts", "tools/go", '#!/usr/bin/env bash\nset -euo pipefail\ncd $1\n', "SC2086"),
    ("scripts", "tools/go", "#!/bin/bash\necho go\n", "set -euo pipefail"),
]


@contextlib.contextmanager
def sample(**changes):
    """A small checkout in a folder of its own: the sound one with the given files (path: text) changed."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**SOUND, **changes}.items():
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        yield root


class Rules(unittest.TestCase):
    def findings(self, rule, root):
        try:
            return list(RULES[rule](Tree(root)))
        except tool_rules.ToolMissing as missing:
            self.skipTest(str(missing))

    def test_sound_sample_keeps_every_rule(self):
        with sample() as root:
            for rule in RULES:
                with self.subTest(rule=rule):
                    self.assertEqual(self.findings(rule, root), [])

    def test_broken_samples_are_found(self):
        for rule, path, text, expected in BROKEN:
            with self.subTest(rule=rule, path=path, text=text[:60]), sample(**{path: text}) as root:
                findings = self.findings(rule, root)
                self.assertTrue(any(expected in f for f in findings), f"expected '{expected}' in {findings}")

    def test_every_rule_has_a_broken_sample(self):
        self.assertEqual({rule for rule, *_ in BROKEN}, set(RULES))

    def test_words_in_comments_and_strings_do_not_count(self):
        text = 'char quote = \'"\'; using namespace std::string_literals;\n'
        text += '// std::cout << 1; using namespace std;\nconst char* kText = "exit(1); using namespace";\n'
        with sample(**{"sfv/io/image.cpp": text}) as root:
            self.assertEqual(self.findings("library_is_quiet", root) + self.findings("headers", root), [])

    def test_exit_status_tells_the_outcome(self):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            with sample() as root:
                self.assertEqual(main(["includes", root]), 0)
            with sample(**{"sfv/io/image.cpp": '#include "../core/error.h"\n'}) as root:
                self.assertEqual(main(["includes", root]), 1)
            self.assertEqual(main(["no_such_rule"]), 2)


if __name__ == "__main__":
    unittest.main()
