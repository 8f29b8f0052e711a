#include "sfv/training/checkpoint_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <utility>

#include "sfv/core/log.h"
#include "sfv/training/checkpoint_manifest.h"
#include "sfv/training/run_folder.h"
#include "tests/error_of.h"
#include "tests/io/child_process.h"
#include "tests/temporary_folder.h"

namespace sfv::training {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// What was logged while it lives.
class LogCapture {
 public:
  LogCapture() {
    before_ = set_log_sink([this](LogLevel, const std::string& line) { text += line + "\n"; });
  }
  ~LogCapture() { set_log_sink(before_); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  std::string text;

 private:
  LogSink before_;
};

void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

void save(const fs::path& run, int64_t step, int64_t keep = 100,
          const std::function<void(SavePoint)>& at = {}, const std::string& content = "weights") {
  CheckpointWriter writer(run, step);
  write_file(writer.path() / "state.safetensors", content + std::to_string(step));
  write_file(writer.path() / "model" / "unet" / "config.json", "{}");
  writer.commit(keep, at);
}

std::vector<int64_t> steps_of(const fs::path& run) {
  std::vector<int64_t> steps;
  for (const Checkpoint& checkpoint : list_checkpoints(run)) steps.push_back(checkpoint.step);
  return steps;
}

int64_t newest(const fs::path& run) {
  const auto found = find_newest_checkpoint(run);
  return found ? found->step : -1;
}

TEST(CheckpointFolder, AppearsWholeWithManifestAndLatest) {
  const TestFolder run;
  save(run.path(), 5);
  EXPECT_EQ(read_text(run.path() / "checkpoint-5" / "state.safetensors"), "weights5");
  EXPECT_EQ(fs::read_symlink(run.path() / "latest"), "checkpoint-5");
  EXPECT_EQ(open_checkpoint(run.path() / "latest").step, 5);
  const std::string manifest = read_text(run.path() / "checkpoint-5" / "manifest.json");
  // sha256sum of "{}" and of "weights5".
  EXPECT_THAT(manifest,
              AllOf(HasSubstr(R"("step": 5)"),
                    HasSubstr(R"("model/unet/config.json": {"size": 2, "sha256": )"
                              R"("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"})"),
                    HasSubstr(R"("state.safetensors": {"size": 8, )")));
  EXPECT_EQ(run.count(), 2U);
}

TEST(CheckpointFolder, LeavesNothingWithoutCommit) {
  const TestFolder run;
  {
    CheckpointWriter writer(run.path(), 5);
    write_file(writer.path() / "a", "x");
  }
  EXPECT_EQ(run.count(), 0U);
  EXPECT_EQ(newest(run.path()), -1);
}

TEST(CheckpointFolder, KeepsTheNewest) {
  const TestFolder run;
  for (const int64_t step : {1, 2, 9, 10, 11}) save(run.path(), step, 3);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(9, 10, 11));
  save(run.path(), 12, 1);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(12));
  EXPECT_EQ(run.count(), 2U);  // and `latest`
}

TEST(CheckpointFolder, ReplacesOneOfTheSameStep) {
  const TestFolder run;
  save(run.path(), 5);
  save(run.path(), 5, 1, {}, "newer");
  EXPECT_EQ(read_text(run.path() / "checkpoint-5" / "state.safetensors"), "newer5");
  EXPECT_EQ(newest(run.path()), 5);
  EXPECT_EQ(run.count(), 2U);
}

TEST(CheckpointFolder, FallsBackFromABrokenOneAndSaysWhy) {
  const std::vector<std::pair<std::string, std::function<void(const fs::path&)>>> faults = {
      {"expected 8 bytes, found 3", [](const fs::path& f) { fs::resize_file(f / "state.safetensors", 3); }},
      {"expected the SHA-256", [](const fs::path& f) { write_file(f / "state.safetensors", "weights8"); }},
      {"expected a file of 2 bytes, found none", [](const fs::path& f) { fs::remove_all(f / "model"); }},
      {"has no manifest.json", [](const fs::path& f) { fs::remove(f / "manifest.json"); }},
      {"manifest.json", [](const fs::path& f) { fs::resize_file(f / "manifest.json", 30); }},
      {"manifest.json", [](const fs::path& f) { write_file(f / "manifest.json", ""); }},
      {"expected step 7, its manifest says 3", [](const fs::path& f) {
         fs::copy_file(f.parent_path() / "checkpoint-3" / "state.safetensors", f / "state.safetensors",
                       fs::copy_options::overwrite_existing);
         fs::copy_file(f.parent_path() / "checkpoint-3" / "manifest.json", f / "manifest.json",
                       fs::copy_options::overwrite_existing);
       }}};
  for (const auto& [reason, fault] : faults) {
    const TestFolder run;
    save(run.path(), 3);
    save(run.path(), 7);
    fault(run.path() / "checkpoint-7");
    LogCapture log;
    EXPECT_EQ(newest(run.path()), 3) << reason;
    EXPECT_THAT(log.text, AllOf(HasSubstr("checkpoint-7"), HasSubstr(reason),
                                HasSubstr("trying the checkpoint before")));
  }
}

TEST(CheckpointFolder, ANamedOneThatIsAbsentOrBrokenIsAnError) {
  const TestFolder run;
  save(run.path(), 3);
  save(run.path(), 7);
  EXPECT_EQ(error_of([&] { (void)open_checkpoint(run.path() / "checkpoint-4"); }).code(),
            ErrorCode::kNotFound);
  fs::resize_file(run.path() / "checkpoint-7" / "state.safetensors", 1);
  EXPECT_EQ(error_of([&] { (void)open_checkpoint(run.path() / "checkpoint-7"); }).code(),
            ErrorCode::kInvalidFile);
  fs::resize_file(run.path() / "checkpoint-3" / "state.safetensors", 1);
  const Error error = error_of([&] { (void)find_newest_checkpoint(run.path()); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("none of its 2 checkpoints is whole"),
                                  HasSubstr("checkpoint-3/state"), HasSubstr("checkpoint-7/state")));
  EXPECT_EQ(error_of([&] { (void)find_newest_checkpoint(run.path() / "none"); }).code(),
            ErrorCode::kNotFound);
}

TEST(CheckpointFolder, AHostileManifestReadsNothingOutside) {
  const TestFolder run;
  write_file(run.path() / "secret", "x");
  const auto refuse = [&](const std::string& text, const std::string& expected) {
    write_file(run.path() / "checkpoint-1" / "manifest.json", text);
    const Error error = error_of([&] { verify_manifest(run.path() / "checkpoint-1"); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile) << text;
    EXPECT_THAT(error.what(), HasSubstr(expected)) << text;
  };
  const std::string entry =
      R"(: {"size": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}}})";
  refuse(R"({"version": 1, "step": 1, "files": {"../secret")" + entry, "below the folder");
  refuse(R"({"version": 1, "step": 1, "files": {")" + (run.path() / "secret").string() + "\"" + entry,
         "below the folder");
  refuse(R"({"version": 1, "step": 1, "files": {"")" + entry, "below the folder");
  fs::create_symlink(run.path() / "secret", run.path() / "checkpoint-1" / "link");
  refuse(R"({"version": 1, "step": 1, "files": {"link")" + entry, "found something else");
  refuse(R"({"version": 2, "step": 1, "files": {}})", "expected version 1, found 2");
  refuse(R"({"version": 1, "step": -1, "files": {}})", "expected step");
  refuse(R"({"version": 1, "step": 1})", "expected step (>= 0) and files");
  refuse(R"({"version": 1, "step": 1, "files": {"a": null}})", "found null");
  refuse(R"({"version": 1, "step": 1, "files": {"a": {"size": 1}}})", "expected size and sha256");
}

TEST(CheckpointFolder, RefusesLinksInWhatIsSaved) {
  const TestFolder run;
  CheckpointWriter writer(run.path(), 1);
  fs::create_symlink("/etc/passwd", writer.path() / "a");
  EXPECT_EQ(error_of([&] { writer.commit(1); }).code(), ErrorCode::kInvalidFile);
}

/// Saves step 2 over a run that holds step 1, killed at `point`.
void kill_save_at(const fs::path& run, SavePoint point, int64_t keep) {
  EXPECT_FALSE(io::passes_in_child([&] {
    save(run, 2, keep, [&](SavePoint reached) {
      if (reached == point) ::raise(SIGKILL);
    });
    return true;
  }));
}

TEST(CheckpointFolder, AKilledSaveLeavesTheOldOrTheNew) {
  const std::vector<std::pair<SavePoint, int64_t>> cases = {
      {SavePoint::kWritten, 1}, {SavePoint::kListed, 1}, {SavePoint::kRenamed, 2}, {SavePoint::kFinished, 2}};
  for (const auto& [point, expected] : cases) {
    const TestFolder run;
    save(run.path(), 1);
    kill_save_at(run.path(), point, 1);
    EXPECT_EQ(newest(run.path()), expected);
    EXPECT_NO_THROW((void)open_checkpoint(run.path() / "latest"));
    LogCapture log;
    prepare_resume(run.path(), expected);
    EXPECT_EQ(open_checkpoint(run.path() / "latest").step, expected);
    EXPECT_EQ(run.count(), 1U + steps_of(run.path()).size()) << "something is left over";
    EXPECT_EQ(log.text.find("cut short") != std::string::npos, expected == 1) << log.text;
    save(run.path(), 3, 1);
    EXPECT_THAT(steps_of(run.path()), ElementsAre(3));
  }
}

TEST(CheckpointFolder, AFailureInsideASaveLeavesTheOldOne) {
  const TestFolder run;
  save(run.path(), 1);
  for (const SavePoint point : {SavePoint::kWritten, SavePoint::kListed}) {
    EXPECT_THROW(save(run.path(), 2, 1,
                      [&](SavePoint reached) {
                        if (reached == point) throw Error(ErrorCode::kNoSpace, "disk full");
                      }),
                 Error);
    EXPECT_THAT(steps_of(run.path()), ElementsAre(1));
    EXPECT_EQ(newest(run.path()), 1);
    EXPECT_EQ(run.count(), 2U);
  }
}

TEST(CheckpointFolder, AFullQuotaLeavesTheOldOne) {
  const TestFolder run;
  save(run.path(), 1);
  // The limit bites in the manifest, which is longer than both files.
  EXPECT_TRUE(io::passes_in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{64, 64};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return error_of([&] { save(run.path(), 2, 1); }).code() == ErrorCode::kNoSpace;
  }));
  EXPECT_EQ(newest(run.path()), 1);
  EXPECT_EQ(run.count(), 2U);
}

TEST(CheckpointFolder, AFullDiskLeavesTheOldOne) {
  const TestFolder mount_point;
  if (::mount("tmpfs", mount_point.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "mounting a small disk needs privileges: " << std::strerror(errno);
  }
  save(mount_point.path(), 1);
  {
    CheckpointWriter writer(mount_point.path(), 2);
    std::ofstream out(writer.path() / "filler");
    out << std::string(100'000, 'x') << std::flush;
    EXPECT_FALSE(out);
    const Error error = error_of([&] { writer.commit(1); });
    EXPECT_EQ(error.code(), ErrorCode::kNoSpace) << error.what();
  }
  EXPECT_EQ(newest(mount_point.path()), 1);
  EXPECT_NO_THROW(save(mount_point.path(), 2, 1));
  ::umount(mount_point.path().c_str());
}

TEST(CheckpointFolder, AReadOnlyFolderIsAnErrorAndLeavesTheOldOne) {
  const TestFolder run;
  save(run.path(), 1);
  fs::permissions(run.path(), fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec |
                                  fs::perms::group_read | fs::perms::group_exec);
  EXPECT_TRUE(io::passes_as_ordinary_user([&] {
    ::chmod(run.path().c_str(), 0555);  // where the tests run as the folder's owner
    return error_of([&] { save(run.path(), 2, 1); }).code() == ErrorCode::kPermission &&
           newest(run.path()) == 1;
  }));
  ::chmod(run.path().c_str(), 0755);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(1));
}

TEST(CheckpointFolder, ResumingSetsLaterCheckpointsAside) {
  const TestFolder run;
  for (const int64_t step : {1, 2, 3}) save(run.path(), step);
  write_file(run.path() / "set-aside-checkpoint-3" / "x", "older");
  LogCapture log;
  prepare_resume(run.path(), 1);
  EXPECT_THAT(log.text, AllOf(HasSubstr("set-aside-checkpoint-2"), HasSubstr("set-aside-checkpoint-3-2")));
  EXPECT_THAT(steps_of(run.path()), ElementsAre(1));
  EXPECT_EQ(open_checkpoint(run.path() / "latest").step, 1);
  EXPECT_EQ(open_checkpoint(run.path() / "set-aside-checkpoint-3-2").step, 3);
  // With keep = 1 the run's own next checkpoint is the one that stays.
  save(run.path(), 2, 1);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(2));
}

TEST(CheckpointFolder, OtherNamesAreNoCheckpoints) {
  const TestFolder run;
  for (const char* name : {"checkpoint-", "checkpoint-07", "checkpoint-5.bak", "checkpoint--1",
                           "checkpoint-99999999999999999999"}) {
    fs::create_directories(run.path() / name);
  }
  write_file(run.path() / "checkpoint-8", "a file");
  EXPECT_TRUE(list_checkpoints(run.path()).empty());
}

TEST(RunLock, KeepsASecondProcessOut) {
  const TestFolder folder;
  const fs::path run = folder.path() / "new" / "run";
  {
    const RunLock lock(run);
    const Error error = error_of([&] { const RunLock second(run); });
    EXPECT_EQ(error.code(), ErrorCode::kAlreadyExists);
    EXPECT_THAT(error.what(), HasSubstr("another process trains"));
  }
  EXPECT_NO_THROW(RunLock{run});
  EXPECT_FALSE(io::passes_in_child([&] {
    const RunLock lock(run);
    ::raise(SIGKILL);
    return true;
  }));
  EXPECT_NO_THROW(RunLock{run});
}

}  // namespace
}  // namespace sfv::training
