// SPDX-License-Identifier: BSL-1.0
// Runs the programs of one structure:
//
//   weir_interleaving STRUCTURE [schedules=N] [seed=N] [exhaustive] [limit=N] [weaken=N]
//   weir_interleaving STRUCTURE replay=PROGRAM:SEED [weakened=LINE:COLUMN:ORDER]
//
// First `schedules` random ones (half uniform, half PCT), none of which may fail. Then each release, acquire and
// acq_rel that they went through in the structure's own header is weakened to relaxed, alone: some schedule of at most
// `weaken` must fail, or the comment at that line says `redundant:` and why. The columns `no release` and `no acquire`
// say for an acq_rel whether its other half alone is enough. Last, with `exhaustive`, all schedules of the small
// programs; where these are more than `limit`, all with at most 1, 2 and 3 preemptions, as far as `limit` goes.
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "interleaving/program.hpp"

std::vector<interleaving::entry>& interleaving::all_programs() {
    static std::vector<entry> all;
    return all;
}

namespace {

using namespace interleaving;

struct settings {
    std::string_view structure;
    std::uint64_t schedules = 2'000'000;
    std::uint64_t seed = 0;
    std::uint64_t weaken = 400'000;
    std::uint64_t limit = 0;
    bool exhaustive = false;
    std::string replay;
    std::string weakened;
};

struct found {
    std::string failure;
    const program* where = nullptr;
    std::uint64_t seed = 0;
    std::uint64_t after = 0;
};

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

const char* name_of(std::memory_order o) {
    switch (o) {
    case std::memory_order_acquire:
        return "acquire";
    case std::memory_order_release:
        return "release";
    case std::memory_order_acq_rel:
        return "acq_rel";
    default:
        return "relaxed";
    }
}

/// `files` has names between blanks.
bool answers_for(const entry& e, const call_site& site) {
    const std::string name = ' ' + std::string(base_name(site.file)) + ' ';
    return (' ' + std::string(e.files) + ' ').find(name) != std::string::npos;
}

/// Random schedules, shared out among the programs, until one fails.
found run_random(const std::vector<entry>& programs, std::uint64_t seed, std::uint64_t schedules) {
    for (std::uint64_t i = 0; i < schedules; ++i) {
        const program& p = programs[(i / 2) % programs.size()].what;
        std::string failure = run_schedule(p, seed + i);
        if (!failure.empty()) return {std::move(failure), &p, seed + i, i + 1};
    }
    return {{}, nullptr, 0, schedules};
}

/// The lines of the call: its own, the one before when that is a comment, and the rest of the statement.
bool said_redundant(const call_site& site) {
    std::ifstream in(site.file);
    if (!in) throw std::runtime_error(std::string("cannot read ") + site.file + "; run it where it was compiled");
    std::string line;
    bool said = false;
    for (std::uint32_t n = 1; std::getline(in, line); ++n) {
        const bool comment =
            line.find_first_not_of(' ') != std::string::npos && line.compare(line.find_first_not_of(' '), 2, "//") == 0;
        const bool has = line.find("redundant:") != std::string::npos;
        if (n < site.line) {
            said = comment && (said || has);
        } else {
            if (has) return true;
            if (line.find(';') != std::string::npos || line.find('{') != std::string::npos) break;
        }
    }
    return said;
}

int replay(const std::vector<entry>& programs, const settings& s) {
    const std::size_t colon = s.replay.rfind(':');
    for (const entry& e : programs) {
        if (s.replay.compare(0, colon, e.what.name) != 0) continue;
        call_site site;
        if (!s.weakened.empty()) {
            std::vector<call_site> sites;
            collect_sites(&sites);
            run_random(programs, 0, 20'000);
            collect_sites(nullptr);
            char order[16] = {};
            std::sscanf(s.weakened.c_str(), "%u:%u:%15s", &site.line, &site.column, order);
            for (const call_site& c : sites) {
                if (c.line == site.line && c.column == site.column && answers_for(e, c)) site.file = c.file;
            }
            weaken(&site, std::string_view(order) == "acquire"   ? std::memory_order_acquire
                          : std::string_view(order) == "release" ? std::memory_order_release
                                                                 : std::memory_order_relaxed);
        }
        trace(true);
        const std::string failure = run_schedule(e.what, std::strtoull(s.replay.c_str() + colon + 1, nullptr, 10));
        std::printf("%s\n", failure.empty() ? "nothing failed" : failure.c_str());
        return failure.empty() ? 0 : 1;
    }
    std::fprintf(stderr, "no program of that name\n");
    return 2;
}

void say(const char* what, const found& f, const settings& s) {
    std::printf("%s: %s\n  weir_interleaving %.*s replay=%s:%" PRIu64 "\n", what, f.failure.c_str(),
                static_cast<int>(s.structure.size()), s.structure.data(), f.where->name, f.seed);
}

/// How many orders nothing needs, and no comment says so.
int weaken_each(const std::vector<entry>& programs, const settings& s, std::vector<call_site> sites) {
    std::erase_if(sites, [&](const call_site& c) {
        return c.order == std::memory_order_relaxed || !answers_for(programs.front(), c);
    });
    std::sort(sites.begin(), sites.end(), [](const call_site& a, const call_site& b) {
        if (a.file != b.file) return a.file < b.file;
        return a.line != b.line ? a.line < b.line : a.column < b.column;
    });
    int unexplained = 0;
    for (const call_site& site : sites) {
        const std::string place =
            std::string(base_name(site.file)) + ':' + std::to_string(site.line) + ':' + std::to_string(site.column);
        weaken(&site, std::memory_order_relaxed);
        const found f = run_random(programs, s.seed, s.weaken);
        std::string verdict;
        if (!f.failure.empty()) {
            verdict = "caught after " + std::to_string(f.after) + " by " + f.where->name + ':' + std::to_string(f.seed)
                      + ": " + f.failure;
        } else if (said_redundant(site)) {
            verdict = "redundant, as its comment says";
        } else {
            verdict = "NOT CAUGHT in " + std::to_string(f.after);
            ++unexplained;
        }
        std::printf("  %-30s %-17s %-8s %s\n", place.c_str(), site.operation, name_of(site.order), verdict.c_str());
        if (site.order == std::memory_order_acq_rel) {
            for (const std::memory_order half : {std::memory_order_acquire, std::memory_order_release}) {
                weaken(&site, half);
                const found h = run_random(programs, s.seed, s.weaken / 4);
                std::printf("  %-30s   only %-10s          %s\n", "", name_of(half),
                            h.failure.empty() ? "is enough here" : h.failure.c_str());
            }
        }
        std::fflush(stdout);
    }
    weaken(nullptr, std::memory_order_relaxed);
    return unexplained;
}

bool number(std::string_view argument, std::string_view name, std::uint64_t& to) {
    if (!argument.starts_with(name)) return false;
    to = std::strtoull(std::string(argument.substr(name.size())).c_str(), nullptr, 10);
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    settings s;
    for (int i = 1; i < argc; ++i) {
        const std::string_view a = argv[i];
        if (i == 1)
            s.structure = a;
        else if (a == "exhaustive")
            s.exhaustive = true;
        else if (a.starts_with("replay="))
            s.replay = a.substr(7);
        else if (a.starts_with("weakened="))
            s.weakened = a.substr(9);
        else if (!number(a, "schedules=", s.schedules) && !number(a, "seed=", s.seed) && !number(a, "weaken=", s.weaken)
                 && !number(a, "limit=", s.limit)) {
            std::fprintf(stderr, "unknown argument: %s\n", argv[i]);
            return 2;
        }
    }
    std::vector<entry> programs = all_programs();
    std::erase_if(programs, [&](const entry& e) { return e.what.structure != s.structure; });
    if (programs.empty()) {
        std::fprintf(stderr, "no such structure; there are:\n");
        for (const entry& e : all_programs()) std::fprintf(stderr, "  %s (%s)\n", e.what.structure, e.what.name);
        return 2;
    }
    if (!s.replay.empty()) return replay(programs, s);
    std::vector<entry> drawn = programs;
    std::erase_if(drawn, [](const entry& e) { return !e.drawn; });

    using clock = std::chrono::steady_clock;
    const auto seconds = [](clock::time_point from) {
        return std::chrono::duration<double>(clock::now() - from).count();
    };
    int failures = 0;

    clock::time_point start = clock::now();
    found f = run_random(drawn, s.seed, s.schedules);
    const double took = seconds(start);
    std::printf("%.*s: %" PRIu64 " schedules from seed %" PRIu64 " in %.1f s\n", static_cast<int>(s.structure.size()),
                s.structure.data(), f.after, s.seed, took);
    if (!f.failure.empty()) {
        say("FAILED", f, s);
        return 1;
    }

    if (s.weaken != 0) {
        start = clock::now();
        std::vector<call_site> sites;
        collect_sites(&sites);
        run_random(drawn, s.seed, 20'000);
        collect_sites(nullptr);
        failures += weaken_each(drawn, s, std::move(sites));
        std::printf("  weakened in %.1f s\n", seconds(start));
    }

    if (s.exhaustive) {
        for (const entry& e : programs) {
            if (!e.searchable) continue;
            // 1, 2 and 3 preemptions, where it has too many schedules for them all.
            for (int preemptions : {-1, 1, 2, 3}) {
                start = clock::now();
                const search_result r = interleaving::search(e.what, s.limit, preemptions);
                std::printf("  search %s, ", e.what.name);
                if (preemptions < 0) {
                    std::printf("all: ");
                } else {
                    std::printf("at most %d preemptions: ", preemptions);
                }
                std::printf("%" PRIu64 " schedules in %.1f s, %s\n", r.schedules, seconds(start),
                            !r.failure.empty() ? r.failure.c_str()
                            : r.complete       ? "complete"
                                               : "stopped at the limit");
                std::fflush(stdout);
                if (!r.failure.empty()) ++failures;
                if (r.complete == (preemptions < 0) || !r.failure.empty()) break;
            }
        }
    }
    return failures == 0 ? 0 : 1;
}
