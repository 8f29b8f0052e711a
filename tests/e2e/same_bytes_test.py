"""Same seed, same bytes: repeated, in company, in any order; and `sfv repeat` makes a clip again."""

import json
import shutil
import unittest

from sfv_case import MODEL, PHOTO, SfvCase


class SameBytes(SfvCase):
    def test_in_a_second_process(self):
        for name in ("a", "b"):
            for ending in ("mp4", "webm", "mkv", "gif", "webp"):
                self.generate(PHOTO, "-o", f"{name}/x.{ending}", "--seed", 11, "-q")
        for file in self.files(self.folder / "a"):
            self.assertEqual((self.folder / "a" / file).read_bytes(), (self.folder / "b" / file).read_bytes(), file)

    def test_alone_or_with_others_in_any_order(self):
        photos = [self.photo(f"{name}.png", shade=shade) for name, shade in (("a", 1), ("b", 2), ("c", 3))]
        self.generate(*photos, "-o", "together", "--seed", 3, "-q")
        self.generate(*reversed(photos), "-o", "reversed", "--seed", 3, "-q")
        self.generate(photos[1], "-o", "alone/", "--seed", 3, "-q")
        for name in ("a.mp4", "b.mp4", "c.mp4"):
            self.assertEqual((self.folder / "together" / name).read_bytes(), (self.folder / "reversed" / name).read_bytes())
        self.assertEqual((self.folder / "together/b.mp4").read_bytes(), (self.folder / "alone/b.mp4").read_bytes())
        self.assertNotEqual((self.folder / "together/a.mp4").read_bytes(), (self.folder / "together/b.mp4").read_bytes())

    def test_a_variation_is_the_clip_of_its_seed(self):
        self.generate(PHOTO, "-o", "v_{seed}.mkv", "--seed", 5, "--variations", 2, "-q")
        self.generate(PHOTO, "-o", "six.mkv", "--seed", 6, "-q")
        self.assertEqual((self.folder / "v_6.mkv").read_bytes(), (self.folder / "six.mkv").read_bytes())


class Repeat(SfvCase):
    def test_makes_the_same_file(self):
        cases = {"euler.mkv": ["--guidance", "1:2.7", "--noise-aug", 0.07, "--motion", 33.3, "--fit", "pad"],
                 "lcm.mp4": ["--sampler", "lcm"], "chain.webp": ["--chain", 2, "--decode-chunk", 2]}
        for name, options in cases.items():
            self.generate(PHOTO, "-o", name, *options, "-q")
            self.sfv("repeat", name, "-o", f"again/{name}", "-q")
            self.assertEqual((self.folder / name).read_bytes(), (self.folder / "again" / name).read_bytes(), name)

    def test_other_settings_of_the_machine_do_not_matter(self):
        self.generate(PHOTO, "-o", "a.mkv", "--dtype", "fp32", "-q")
        self.environment.update(SFV_DTYPE="bf16", SFV_THREADS="1", SFV_MODEL="/nowhere")
        self.sfv("repeat", "a.mkv", "-q")
        self.assertEqual((self.folder / "a.mkv").read_bytes(), (self.folder / "a_repeat.mkv").read_bytes())

    def test_from_another_kind_of_file(self):
        self.generate(PHOTO, "-o", "a.mkv", "--seed", 1, "-q")
        self.generate(PHOTO, "-o", "a.gif", "--seed", 1, "-q")
        self.sfv("repeat", "a.gif", "-o", "b.mkv", "-q")
        self.assertEqual((self.folder / "a.mkv").read_bytes(), (self.folder / "b.mkv").read_bytes())

    def test_refuses_another_photo_unless_forced(self):
        photo = self.photo("p.png")
        self.generate(photo, "-o", "a.mkv", "-q")
        moved = photo.rename(self.folder / "moved.png")
        self.assert_one_error(self.sfv("repeat", "a.mkv", expect=1), "p.png", "--image")
        self.sfv("repeat", "a.mkv", "--image", moved, "-o", "b.mkv", "-q")
        self.photo("p.png", shade=99)
        self.assert_one_error(self.sfv("repeat", "a.mkv", "-o", "c.mkv", expect=2), "p.png", "--force")
        self.assertEqual(self.files(), ["a.mkv", "b.mkv", "moved.png", "p.png"])
        done = self.sfv("repeat", "a.mkv", "-o", "c.mkv", "--force")
        self.assertIn("warning", done.stderr)

    def test_refuses_another_model_unless_forced(self):
        self.generate(PHOTO, "-o", "a.mkv", "-q")
        shutil.copytree(MODEL, self.folder / "other")
        self.sfv("repeat", "a.mkv", "-m", "other", "-o", "same.mkv", "-q")
        config = self.folder / "other/unet/config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "num_frames": 9}))
        self.assert_one_error(self.sfv("repeat", "a.mkv", "-m", "other", "-o", "b.mkv", expect=2), "model", "--force")
        self.sfv("repeat", "a.mkv", "-m", "other", "-o", "b.mkv", "--force", "-q")

    def test_needs_a_record(self):
        self.generate(PHOTO, "-o", "a.mkv", "--no-metadata", "-q")
        self.assert_one_error(self.sfv("repeat", "a.mkv", expect=1), "a.mkv", "--no-metadata")
        self.assert_one_error(self.sfv("repeat", "gone.mkv", expect=1), "gone.mkv")


if __name__ == "__main__":
    unittest.main()
