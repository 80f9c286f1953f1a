// SPDX-License-Identifier: BSL-1.0
// How many lines each compiler says about wrong pipelines: the programs of tests/compile_fail, which also check that
// the first line with `error:` names the stage and the cure. At most 15, or what a program's second line allows.
#include <algorithm>
#include <filesystem>

#include "../support/bench.hpp"
#include "../support/command.hpp"

int main(int argc, char** argv) {
    bench::program p("diagnostics", argc, argv);
    namespace fs = std::filesystem;
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(WEIR_SOURCE_DIR "/tests/compile_fail")) {
        if (entry.path().extension() == ".cpp") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    const std::size_t apart = p.quick() ? std::max<std::size_t>(1, files.size() / 6) : 1;
    for (const std::string& compiler : bench::compilers()) {
        for (std::size_t i = 0; i < files.size(); i += apart) {
            const std::vector<std::string> source = bench::lines_of(bench::text_of(files[i]));
            double limit = 15;
            for (std::size_t k = 0; k < source.size() && k < 2; ++k) {
                if (source[k].starts_with("// max_lines: ")) limit = std::stod(source[k].substr(14));
            }
            const bench::command_result run =
                bench::run_command({compiler, "-std=c++20", "-fsyntax-only", "-fdiagnostics-color=never",
                                    "-I" WEIR_SOURCE_DIR "/include", files[i]});
            const std::vector<std::string> said = bench::lines_of(run.output);
            bench::row r;
            r.name = compiler + ", " + fs::path(files[i]).stem().string();
            r.unit = "lines";
            r.ours = static_cast<double>(said.size());
            r.reference = limit;
            r.reference_name = "limit";
            r.goal = 1;
            r.runs = 1;
            if (run.code == 0) r.note = "COMPILES, and should not";
            p.add(std::move(r));
        }
    }
    return p.finish();
}
