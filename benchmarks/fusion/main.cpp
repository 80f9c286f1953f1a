// SPDX-License-Identifier: BSL-1.0
// Fused chains against the hand-written loop and the libraries of the same purpose: instructions per element, counted
// by callgrind over counted.cpp as each compiler has built it, and nanoseconds, measured here in turns. What every
// kernel gives is compared with the hand loop's; ranges count nothing, so of theirs the result alone.
#include <filesystem>
#include <map>
#include <sstream>
#include <tuple>

#include "../support/bench.hpp"
#include "../support/command.hpp"
#include "kernels.hpp"

namespace {

namespace fs = std::filesystem;
using namespace fusion;

struct counted {
    std::uint64_t instructions = 0;
    std::string given;  // the result, and what was counted
};
using counts = std::map<std::tuple<std::size_t, std::size_t, std::size_t>, counted>;  // chain, competitor, size

/// Empty where valgrind or the program is not there.
counts count(const fs::path& program, std::size_t n, std::size_t some) {
    counts all;
    const fs::path folder = fs::temp_directory_path() / ("weir_fusion_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const bench::command_result run =
        bench::run_command({"valgrind", "-q", "--tool=callgrind", "--instr-atstart=no",
                            "--toggle-collect=fusion_kernel", "--callgrind-out-file=" + (folder / "out").string(),
                            program.string(), std::to_string(n), std::to_string(some)});
    if (run.code == 0) {
        std::map<std::string, std::uint64_t> costs;
        for (const auto& dump : fs::directory_iterator(folder)) {
            std::string mark;
            for (const std::string& line : bench::lines_of(bench::text_of(dump.path().string()))) {
                const std::size_t at = line.find("Client Request: ");
                if (at != std::string::npos) mark = line.substr(at + 16);
                if (line.starts_with("summary: ") && !mark.empty()) costs[mark] = std::stoull(line.substr(9));
            }
        }
        for (const std::string& line : bench::lines_of(run.output)) {
            std::istringstream in(line);
            std::size_t c = 0;
            std::size_t who = 0;
            std::size_t size = 0;
            counted one;
            if (!(in >> c >> who >> size) || !std::getline(in >> std::ws, one.given)) continue;
            one.instructions = costs[std::to_string(c) + ' ' + std::to_string(who) + ' ' + std::to_string(size)];
            all[{c, who, size}] = std::move(one);
        }
    }
    fs::remove_all(folder);
    return all;
}

/// What an element costs: 2n less n, so that setting up does not count.
double each(const counts& all, std::size_t c, competitor who, std::size_t n) {
    const auto small = all.find({c, static_cast<std::size_t>(who), 0});
    const auto large = all.find({c, static_cast<std::size_t>(who), 1});
    if (small == all.end() || large == all.end() || small->second.instructions == 0) return bench::none;
    return static_cast<double>(large->second.instructions - small->second.instructions) / static_cast<double>(n);
}

bool agree(const counts& all, std::size_t c, competitor who, bool result_alone) {
    for (std::size_t size = 0; size < 2; ++size) {
        const auto mine = all.find({c, static_cast<std::size_t>(who), size});
        const auto hand = all.find({c, static_cast<std::size_t>(competitor::hand), size});
        if (mine == all.end() || hand == all.end()) return false;
        const auto first = [](const std::string& s) { return s.substr(0, s.find(' ')); };
        if (result_alone ? first(mine->second.given) != first(hand->second.given)
                         : mine->second.given != hand->second.given) {
            return false;
        }
    }
    return true;
}

/// Where a goal is missed for a reason that the code cannot help: what the assembly shows, and the limit instead.
struct exception {
    const char* compiler;
    chain which;
    double limit;
    const char* reason;
};
constexpr exception exceptions[] = {
    {"clang", chain::keyed_fold, 1.08,
     "clang makes two constants anew for each record (movabs of the hash's multiplier, lea of the tags); the hand loop "
     "has registers left for both"},
};

void add_row(bench::program& p, const counts& all, std::size_t c, competitor who, std::size_t n,
             const std::string& compiler, double goal) {
    const double ours = each(all, c, who, n);
    if (std::isnan(ours)) return;
    const bool peer = who >= competitor::range_v3;
    bench::row r;
    r.name = compiler + ", " + names[c] + ", " + competitor_names[static_cast<std::size_t>(who)];
    r.unit = "instructions";
    r.ours = ours;
    r.reference = each(all, c, competitor::hand, n);
    r.reference_name = "hand loop";
    r.runs = 1;
    r.goal = goal;
    for (const exception& e : exceptions) {
        if (peer || compiler != e.compiler || static_cast<chain>(c) != e.which) continue;
        r.goal = 1 / e.limit;
        r.note = e.reason;
    }
    if (!agree(all, c, who, peer)) {
        r.note = "RESULTS DIFFER from the hand loop's";
        r.reference = bench::none;
    }
    p.add(std::move(r));
}

void instructions(bench::program& p, const fs::path& folder) {
    const std::size_t n = p.size(200'000);
    for (const auto& [file, compiler, some] :
         {std::tuple("fusion_counted", "g++", chains), std::tuple("fusion_counted_clang", "clang", chains),
          std::tuple("fusion_counted_haswell", "g++ haswell", std::size_t{1}),
          std::tuple("fusion_counted_clang_haswell", "clang haswell", std::size_t{1})}) {
        const counts all = fs::exists(folder / file) ? count(folder / file, n, some) : counts{};
        if (all.empty()) {
            bench::row r;
            r.name = std::string(compiler) + ": not built, or no valgrind";
            r.unit = "instructions";
            p.add(std::move(r));
            continue;
        }
        for (std::size_t c = 0; c < some; ++c) {
            // With vectors the question is whether the chain has them too: a scalar one costs three times as many.
            const bool vectors = some == 1;
            const double limit = simple(static_cast<chain>(c)) ? 1.03 : 1.1;
            add_row(p, all, c, competitor::caller, n, compiler, vectors ? bench::none : 1 / limit);
            add_row(p, all, c, competitor::task, n, compiler, vectors ? bench::none : 1 / std::max(limit, 1.05));
            for (const competitor peer : {competitor::range_v3, competitor::std_views, competitor::function}) {
                if (!p.quick()) add_row(p, all, c, peer, n, compiler, bench::none);
            }
        }
    }
}

void times(bench::program& p) {
    const std::size_t n = p.size(1'000'000);
    const inputs in = make_inputs(n);
    for (std::size_t c = 0; c < chains; ++c) {
        const auto run = [&](competitor who) {
            return [&in, k = find_kernel(static_cast<chain>(c), who)] {
                if (k != nullptr) bench::keep(k(in));
            };
        };
        const auto t = bench::measure(
            p.runs(9), static_cast<double>(n), bench::named("hand loop", run(competitor::hand)),
            bench::named("run", run(competitor::caller)), bench::named("worker", run(competitor::worker)),
            bench::named("std::function", run(competitor::function)));
        p.add(std::string(names[c]) + ", run", "ns", t[1], t[0], bench::none);
        if (p.quick()) continue;
        p.add(std::string(names[c]) + ", worker", "ns", t[2], t[0], bench::none);
        if (find_kernel(static_cast<chain>(c), competitor::function) != nullptr) {
            p.add(std::string(names[c]) + ", run and std::function", "ns", t[1], t[3], bench::none);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("fusion", argc, argv);
    instructions(p, fs::canonical("/proc/self/exe").parent_path());
    times(p);
    return p.finish();
}
