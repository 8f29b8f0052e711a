#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sfv::cli {

/// The photos that command-line arguments and a list file name, in that order, each once (by the file it is,
/// so a link counts as its target).
///   a file        itself, whatever its ending; one that does not exist is kept, so that its clip fails alone
///   a folder      its pictures (.png .jpg .jpeg .webp .gif, upper case too), in natural order, not those of
///   folders
///                 below and not hidden ones
///   *, ?, […]     the files that match, in natural order, where no file has that very name
/// list: a text file with one such argument a line ("-": standard input; empty: none); empty lines and lines
/// that begin with # are left out; relative names count from the current folder. Errors: kNotFound for a
/// pattern that matches nothing, a folder without pictures, or nothing at all; those of reading the list.
[[nodiscard]] std::vector<std::filesystem::path> expand_inputs(const std::vector<std::string>& arguments,
                                                               const std::filesystem::path& list);

}  // namespace sfv::cli
