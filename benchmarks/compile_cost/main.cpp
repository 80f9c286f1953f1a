// SPDX-License-Identifier: BSL-1.0
// What the program in README.md costs to compile: seconds of processor time and the most memory, for each compiler.
// Goal: under 3 s and 300 MB.
#include <filesystem>

#include "../support/bench.hpp"
#include "../support/command.hpp"

namespace {

/// The first C++ program behind the mark.
std::string readme_example() {
    std::string text = bench::text_of(WEIR_SOURCE_DIR "/README.md");
    const std::size_t mark = text.find("<!-- readme_example -->");
    if (mark == std::string::npos) return {};
    const std::size_t begin = text.find("```cpp\n", mark) + 7;
    return text.substr(begin, text.find("```", begin) - begin);
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("compile_cost", argc, argv);
    namespace fs = std::filesystem;
    const fs::path folder = fs::temp_directory_path() / ("weir_compile_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const std::string source = (folder / "readme.cpp").string();
    std::ofstream(source) << readme_example();
    int failed = 0;
    for (const std::string& compiler : bench::compilers()) {
        for (const std::string level : {"-O0", "-O2"}) {
            if (p.quick() && level != "-O0") continue;
            std::vector<double> seconds;
            std::vector<double> megabytes;
            for (std::size_t i = 0; i < (p.quick() ? 1U : bench::fewest_runs); ++i) {
                const bench::command_result run = bench::run_command({compiler, "-std=c++20", level, "-c", source, "-o",
                                                                      source + ".o", "-I" WEIR_SOURCE_DIR "/include"});
                if (run.code != 0) {
                    std::fprintf(stderr, "%s %s: the example does not compile:\n%s\n", compiler.c_str(), level.c_str(),
                                 run.output.c_str());
                    failed = 1;
                    break;
                }
                seconds.push_back(run.seconds);
                megabytes.push_back(run.megabytes);
            }
            const std::string name = compiler + " " + level;
            p.add(name, "seconds", bench::summarize("README example", std::move(seconds)),
                  bench::timing{.name = "limit", .median = 3}, 1);
            p.add(name, "MB", bench::summarize("README example", std::move(megabytes)),
                  bench::timing{.name = "limit", .median = 300}, 1);
        }
    }
    fs::remove_all(folder);
    return p.finish() != 0 ? 1 : failed;
}
