"""Photos in, clips out: kinds of output, many inputs, seeds, chains, results as JSON, research files."""

import json
import random
import unittest

from sfv_case import MODEL, PHOTO, SOURCE, SfvCase, probe, read_safetensors, write_safetensors


class OneClip(SfvCase):
    def test_mp4_plays_everywhere(self):
        done = self.generate(PHOTO, "-o", "cat.mp4", "--seed", 1, "--fps", 5)
        self.assertEqual(done.stdout, "cat.mp4\n")
        stream, _ = probe(self.folder / "cat.mp4")
        self.assertEqual((stream["codec_name"], stream["pix_fmt"], stream["width"], stream["height"]), ("h264", "yuv420p", 72, 40))
        self.assertEqual((stream["r_frame_rate"], stream["nb_read_frames"]), ("5/1", "3"))

    def test_every_ending(self):
        for name, codec in (("a.webm", "vp9"), ("a.mkv", "ffv1"), ("a.gif", "gif")):
            self.generate(PHOTO, "-o", name, "-q")
            self.assertEqual(probe(self.folder / name)[0]["codec_name"], codec)
        self.generate(PHOTO, "-o", "a.webp", "-q")
        self.assertEqual((self.folder / "a.webp").read_bytes()[8:12], b"WEBP")
        self.generate(PHOTO, "-o", "frames", "-q")
        self.assertEqual(self.files(self.folder / "frames"), ["000.png", "001.png", "002.png"])
        self.generate(PHOTO, "-o", "f_%02d.png", "-q")
        self.assertTrue((self.folder / "f_02.png").is_file())

    def test_random_seed_is_printed_and_stored(self):
        done = self.generate(PHOTO, "-o", "a.mkv")
        printed = int(done.stderr.split("seed ")[1].split()[0])
        info = json.loads(self.sfv("info", "a.mkv", "--json").stdout)
        self.assertEqual(info["record"]["settings"]["seed"], printed)
        again = self.generate_json(PHOTO, "-o", "b.mkv")
        self.assertNotEqual(again["clips"][0]["seed"], printed)

    def test_json_result_and_stored_record(self):
        result = self.generate_json(PHOTO, "-o", "a.mp4", "--seed", 2**64 - 1, "--guidance", "1:2.5", "--noise-aug", 0.1)
        clip = result["clips"][0]
        self.assertEqual((result["done"], result["skipped"], result["failed"]), (1, 0, 0))
        self.assertEqual((clip["status"], clip["output"], clip["seed"], clip["frames"]), ("done", "a.mp4", 2**64 - 1, 3))
        settings = clip["record"]["settings"]
        self.assertEqual((settings["width"], settings["height"], settings["steps"], settings["guidance"]), (72, 40, 2, [1, 2.5]))
        self.assertEqual(clip["record"]["model"]["name"], MODEL)
        self.assertEqual(json.loads(self.sfv("info", "a.mp4", "--json").stdout)["record"], clip["record"])
        self.assertIn("settings.seed: 18446744073709551615", self.sfv("info", "a.mp4").stdout)

    def test_metadata_travels_with_every_kind(self):
        for name in ("a.mp4", "a.webm", "a.mkv", "a.gif", "a.webp", "frames", "g_%d.png"):
            self.generate(PHOTO, "-o", name, "--seed", 9, "-q")
            self.assertIn("settings.seed: 9", self.sfv("info", name).stdout, name)

    def test_no_metadata(self):
        self.generate(PHOTO, "-o", "a.mp4", "--no-metadata", "-q")
        self.assertIn("settings: none stored", self.sfv("info", "a.mp4").stdout)
        self.assertNotIn(b"sha256", (self.folder / "a.mp4").read_bytes())
        self.generate(PHOTO, "-o", "a.gif", "--no-metadata", "-q")
        self.assertEqual(self.files(), ["a.gif", "a.mp4"])

    def test_thumbnail_is_the_first_frame(self):
        self.generate(PHOTO, "-o", "a.mkv", "--thumbnail", "--seed", 3, "-q")
        self.generate(PHOTO, "-o", "f", "--seed", 3, "--no-metadata", "-q")
        self.assertEqual((self.folder / "a.png").read_bytes(), (self.folder / "f/000.png").read_bytes())

    def test_quiet_says_nothing(self):
        self.assertEqual(self.generate(PHOTO, "-o", "a.mp4", "-q").stderr, "")

    def test_crf_changes_the_size(self):
        self.generate(PHOTO, "-o", "a.mp4", "--crf", 0, "--seed", 1, "-q")
        self.generate(PHOTO, "-o", "b.mp4", "--crf", 51, "--seed", 1, "-q")
        self.assertGreater((self.folder / "a.mp4").stat().st_size, (self.folder / "b.mp4").stat().st_size)

    def test_chain_joins_clips_without_repeating_a_frame(self):
        result = self.generate_json(PHOTO, "-o", "a.mkv", "--chain", 3, "--seed", 4)
        self.assertEqual(result["clips"][0]["frames"], 7)  # 3 * (3 - 1) + 1
        self.assertEqual(probe(self.folder / "a.mkv")[0]["nb_read_frames"], "7")
        # The first part is the clip without a chain; the second starts from its last frame.
        self.generate(PHOTO, "-o", "one", "--seed", 4, "--no-metadata", "-q")
        self.generate(PHOTO, "-o", "all", "--chain", 3, "--seed", 4, "--no-metadata", "-q")
        for frame in ("000.png", "001.png", "002.png"):
            self.assertEqual((self.folder / "one" / frame).read_bytes(), (self.folder / "all" / frame).read_bytes())
        self.generate("one/002.png", "-o", "two", "--seed", 5, "--no-metadata", "-q")
        self.assertEqual((self.folder / "two/002.png").read_bytes(), (self.folder / "all/004.png").read_bytes())

    def test_samplers_bring_their_own_steps(self):
        few = ["--size", "64x32", "--frames", "2", "--threads", "1"]
        for sampler, steps, guidance in (("one-step", 1, [1, 1]), ("lcm", 4, [1, 1])):
            result = self.generate_json(PHOTO, "-o", f"{sampler}.mkv", "--sampler", sampler, small=few)
            settings = result["clips"][0]["record"]["settings"]
            self.assertEqual((settings["steps"], settings["guidance"]), (steps, guidance))
        result = self.generate_json(PHOTO, "-o", "ays.mkv", "--sigmas", "ays", small=few)
        self.assertEqual((result["clips"][0]["record"]["settings"]["steps"], len(result["clips"][0]["record"]["settings"]["sigmas"])),
                         (10, 11))


class ManyClips(SfvCase):
    def setUp(self):
        super().setUp()
        for number in (1, 2, 10):
            self.photo(f"in/p{number}.png", shade=number)

    def outputs(self, result):
        return [clip["output"] for clip in result["clips"]]

    def test_folder_in_folder_out_in_natural_order(self):
        self.assertEqual(self.outputs(self.generate_json("in", "-o", "out")), ["out/p1.mp4", "out/p2.mp4", "out/p10.mp4"])
        self.assertEqual(self.files(self.folder / "out"), ["p1.mp4", "p10.mp4", "p2.mp4"])

    def test_patterns_lists_and_each_photo_once(self):
        (self.folder / "list").write_text("# two\nin/p2.png\n\nin/p10.png\n")
        result = self.generate_json("in/p1*.png", "--list", "list", "in/../in/p1.png", "-o", "{index}_{name}_{seed}.gif", "--seed", 5)
        self.assertEqual(self.outputs(result), ["1_p1_5.gif", "2_p10_5.gif", "3_p2_5.gif"])
        by_pipe = self.generate_json("--list", "-", "-o", "o/", "--seed", 5, input="in/p2.png\n")
        self.assertEqual(self.outputs(by_pipe), ["o/p2.mp4"])

    def test_variations_count_the_seed_up(self):
        result = self.generate_json("in/p1.png", "-o", "out", "--seed", 8, "--variations", 3)
        self.assertEqual(self.outputs(result), ["out/p1_8.mp4", "out/p1_9.mp4", "out/p1_10.mp4"])

    def test_shards_share_the_work_without_rest(self):
        made = []
        for shard in ("1/2", "2/2"):
            made += self.outputs(self.generate_json("in", "-o", "out", "--seed", 1, "--shard", shard))
        self.assertEqual(sorted(made), ["out/p1.mp4", "out/p10.mp4", "out/p2.mp4"])
        self.environment.update(SLURM_ARRAY_TASK_ID="4", SLURM_ARRAY_TASK_COUNT="2", SLURM_ARRAY_TASK_MIN="3")
        self.assertEqual(self.outputs(self.generate_json("in", "-o", "slurm", "--seed", 1, "--shard", "slurm")), ["slurm/p2.mp4"])
        # More machines than clips: nothing to do is no failure.
        self.assertEqual(self.generate_json("in/p1.png", "-o", "x.mp4", "--seed", 1, "--shard", "2/2")["clips"], [])

    def test_existing_outputs_are_refused_overwritten_or_skipped(self):
        self.generate("in/p1.png", "-o", "out/", "--seed", 1, "-q")
        before = (self.folder / "out/p1.mp4").read_bytes()
        done = self.generate("in", "-o", "out", "--seed", 2, expect=1)
        self.assert_one_error(done, "out/p1.mp4", "--overwrite", "--resume")
        self.assertEqual(self.files(self.folder / "out"), ["p1.mp4"])
        result = self.generate_json("in", "-o", "out", "--seed", 2, "--resume")
        self.assertEqual([clip["status"] for clip in result["clips"]], ["skipped", "done", "done"])
        self.assertEqual((self.folder / "out/p1.mp4").read_bytes(), before)
        self.generate("in/p1.png", "-o", "out/p1.mp4", "--seed", 2, "--overwrite", "-q")
        self.assertNotEqual((self.folder / "out/p1.mp4").read_bytes(), before)

    def test_one_bad_photo_does_not_stop_the_others(self):
        (self.folder / "in/p3.png").write_bytes(b"no picture")
        done = self.generate("in", "gone.png", "-o", "out", expect=1)
        self.assertEqual(done.stdout, "out/p1.mp4\nout/p2.mp4\nout/p10.mp4\n")
        self.assertEqual(done.stderr.count("sfv: error: "), 2)
        self.assertIn("3 clips done, 2 failed", done.stderr)
        result = self.generate_json("in", "gone.png", "-o", "again", expect=1)
        self.assertEqual([clip.get("error", {}).get("code") for clip in result["clips"]],
                         [None, None, "unsupported", None, "not_found"])


class BundledModel(SfvCase):
    def test_snow_falls_without_a_model_named(self):
        del self.environment["SFV_MODEL"]
        photo = SOURCE / "examples/photos/rocket.jpg"
        done = self.sfv("generate", photo, "-o", "snow.mkv", "--seed", 3)
        self.assertIn("this is the bundled snow, which lets snow fall over a photo; for general motion bring", done.stderr)
        stream, _ = probe(self.folder / "snow.mkv")
        self.assertEqual((stream["width"], stream["height"], stream["nb_read_frames"]), (192, 128, "14"))
        clip = json.loads(self.sfv("eval", "motion", "snow.mkv", "--json").stdout)["clips"][0]
        self.assertFalse(clip["is_static"], clip)
        # Its first frame is the photo, as the decoder gives it; then flakes are in front of it.
        self.sfv("generate", photo, "-o", "again.mkv", "--seed", 4, "-q")
        pairs = json.loads(self.sfv("eval", "pairs", "snow.mkv", "again.mkv", "--json").stdout)["pairs"][0]
        self.assertGreater(pairs["psnr"][0], 30)
        self.assertLess(pairs["psnr"][-1], pairs["psnr"][0] - 3)


class Research(SfvCase):
    def test_dump_has_the_promised_tensors(self):
        self.generate(PHOTO, "-o", "a.mkv", "--dump", "d.safetensors", "-q")
        tensors = read_safetensors(self.folder / "d.safetensors")
        self.assertEqual({name: shape for name, (_, shape, _) in tensors.items()}, {
            "pixel_values": [1, 3, 224, 224], "image_embeds": [1, 1, 32], "image_latents": [1, 4, 10, 18],
            "latents": [1, 3, 4, 10, 18], "frames": [1, 3, 3, 40, 72]})
        self.assertEqual({dtype for dtype, _, _ in tensors.values()}, {"F32"})

    def noise(self, **extra):
        draw = random.Random(1)
        shapes = {"image_noise": [1, 3, 40, 72], "latent_noise": [1, 3, 4, 10, 18], **extra}
        tensors = {}
        for name, shape in shapes.items():
            count = 1
            for side in shape:
                count *= side
            tensors[name] = (shape, [draw.gauss(0, 1) for _ in range(count)])
        write_safetensors(self.folder / "noise.safetensors", tensors)

    def test_given_noise_replaces_the_seeds(self):
        self.noise()
        for seed in (1, 2):
            self.generate(PHOTO, "-o", f"n{seed}", "--seed", seed, "--noise", "noise.safetensors", "--no-metadata", "-q")
        self.generate(PHOTO, "-o", "plain", "--seed", 1, "--no-metadata", "-q")
        frame = lambda name: (self.folder / name / "002.png").read_bytes()
        self.assertEqual(frame("n1"), frame("n2"))
        self.assertNotEqual(frame("n1"), frame("plain"))

    def test_wrong_noise_is_named(self):
        self.noise(latent_noise=[1, 3, 4, 10, 17])
        self.assert_one_error(self.generate(PHOTO, "-o", "a.mkv", "--noise", "noise.safetensors", expect=2), "latent_noise")
        self.noise(other=[1])
        self.assert_one_error(self.generate(PHOTO, "-o", "a.mkv", "--noise", "noise.safetensors", expect=1), "other")
        self.assert_one_error(self.generate(PHOTO, "-o", "x", "--variations", 2, "--noise", "noise.safetensors", expect=2), "one clip")
        self.assertEqual(self.files(), ["noise.safetensors"])


if __name__ == "__main__":
    unittest.main()
