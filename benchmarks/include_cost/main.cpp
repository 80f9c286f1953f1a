// SPDX-License-Identifier: BSL-1.0
// Preprocessed lines of every header against its budget. The lines and the budgets are those of the test
// `include_budget`, which is asked to count.
#include <cstdio>
#include <filesystem>

#include "../support/bench.hpp"
#include "../support/command.hpp"

int main(int argc, char** argv) {
    bench::program p("include_cost", argc, argv);
    namespace fs = std::filesystem;
    const std::string json = (fs::temp_directory_path() / ("weir_include_" + std::to_string(::getpid()))).string();
    const std::string source = WEIR_SOURCE_DIR;
    const bench::command_result run =
        bench::run_command({"cmake", "-DCOMPILER=g++", "-DROOT=" + source, "-DINCLUDE_DIRS=/usr/include",
                            "-DJSON=" + json, "-P", source + "/tests/include_budget/check.cmake"});
    std::size_t free_of_budget = 0;
    for (const std::string& line : bench::lines_of(bench::text_of(json))) {
        char header[256] = {};
        double lines = 0;
        double budget = 0;
        if (std::sscanf(line.c_str(), R"( {"header": "%255[^"]", "lines": %lf, "budget": %lf})", header, &lines,
                        &budget)
            != 3) {
            continue;
        }
        if (budget == 0 && p.quick()) {
            ++free_of_budget;
            continue;
        }
        bench::row r;
        r.name = header;
        r.unit = "lines";
        r.ours = lines;
        r.runs = 1;
        if (budget != 0) {
            r.reference = budget;
            r.reference_name = "budget";
            r.goal = 1;
        }
        p.add(std::move(r));
    }
    fs::remove(json);
    if (free_of_budget != 0) std::printf("%zu more headers have no budget\n", free_of_budget);
    if (run.code != 0) std::fprintf(stderr, "%s\n", run.output.c_str());
    return p.finish() != 0 || run.code == 127 ? 1 : 0;
}
