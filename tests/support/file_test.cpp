// SPDX-License-Identifier: BSL-1.0
// file: what the real file system answers, and in which words.
#include "catch.hpp"

#include <weir/support/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "scratch.hpp"

using namespace weir_test;
using weir::errc;
using weir::file_kind;

namespace {

weir::file_system& fs() { return weir::file_system::real(); }

template <class T>
void refused(const weir::result<T>& r, errc code, const std::string& says) {
    REQUIRE_FALSE(r);
    CHECK(r.error().code == code);
    CHECK(r.error().message == says);
}

}  // namespace

TEST_CASE("file: kinds and statuses") {
    const scratch dir;
    write_file(dir / "f", "12345");
    REQUIRE(::mkfifo((dir / "p").c_str(), 0600) == 0);
    CHECK(fs().kind(dir / "f") == file_kind::regular);
    CHECK(fs().kind(dir.path()) == file_kind::directory);
    CHECK(fs().kind(dir / "p") == file_kind::stream);
    CHECK(fs().kind("/dev/null") == file_kind::stream);
    CHECK(fs().kind(dir / "none") == file_kind::missing);
    CHECK(fs().kind(dir / "f/none") == file_kind::missing);
    const weir::file f = fs().open_read(dir / "f").value();
    CHECK(fs().status(f).size == 5);
    CHECK(fs().status(f).same_file(fs().status(dir / "f")));
    CHECK_FALSE(fs().status(f).same_file(fs().status(dir.path())));
    CHECK(fs().status(weir::file()).kind == file_kind::missing);
}

TEST_CASE("file: an error says what was tried, on what, why it failed and what to do") {
    const scratch dir;
    write_file(dir / "f", "x");
    refused(fs().open_read(dir / "none"), errc::not_found,
            "open " + (dir / "none") + ": No such file or directory; check the name");
    refused(fs().open_read(dir.path()), errc::is_directory,
            "open " + dir.path() + ": Is a directory; give a file, or a pattern such as DIR/*.log");
    refused(fs().open_read(dir / "f/none"), errc::not_found,
            "open " + (dir / "f/none") + ": Not a directory; a part of the path is a file");
    refused(fs().create_new(dir / "f"), errc::exists,
            "create " + (dir / "f") + ": File exists; nothing was replaced: choose another name or move it away");
    refused(fs().make_directories(dir / "f/a"), errc::not_found,
            "make the folder " + (dir / "f/a") + ": Not a directory; a part of the path is a file");
    refused(fs().make_directories(dir / "f"), errc::not_found,
            "make the folder " + (dir / "f") + ": Not a directory; a part of the path is a file");
    refused(fs().remove(dir / "none"), errc::not_found,
            "remove " + (dir / "none") + ": No such file or directory; check the name");
    refused(fs().sync_directory(dir / "none"), errc::not_found,
            "open the folder " + (dir / "none") + ": No such file or directory; check the name");
    weir::file full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    REQUIRE(full);
    refused(fs().write_all(full, {"x", 1}, "/dev/full"), errc::no_space,
            "write /dev/full: No space left on device; make room and run again");
    CHECK(weir::file_error("open", "f", EMFILE).message
          == "open f: Too many open files; too many files are open: raise the limit (ulimit -n)");
    CHECK(weir::file_error("write", "f", EROFS).code == errc::no_permission);
    CHECK(weir::file_error("write", "f", EDQUOT).code == errc::no_space);
}

TEST_CASE("file: no permission, as a user who has none") {
    const scratch dir;
    write_file(dir / "secret", "x");
    std::filesystem::create_directory(dir / "closed");
    write_file(dir / "closed/f", "x");
    REQUIRE(::chmod((dir / "secret").c_str(), 0) == 0);
    REQUIRE(::chmod((dir / "closed").c_str(), 0) == 0);
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (::geteuid() == 0 && (::setgid(65'534) != 0 || ::setuid(65'534) != 0)) ::_exit(99);
        int wrong = 0;
        wrong += fs().kind(dir / "closed/f") != file_kind::no_permission;
        const auto opened = fs().open_read(dir / "secret");
        wrong +=
            opened || opened.error().code != errc::no_permission
            || opened.error().message != "open " + (dir / "secret") + ": Permission denied; check its mode and owner";
        ::_exit(wrong);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    ::chmod((dir / "closed").c_str(), 0700);
}

TEST_CASE("file: written, synced, closed, renamed; a taken name stays as it is") {
    const scratch dir;
    REQUIRE(fs().make_directories(dir / "a/b/c"));
    REQUIRE(fs().make_directories(dir / "a/b/c/"));
    weir::file f = fs().create_new(dir / "a/b/c/f").value();
    const std::string text(1'000'000, 'x');
    REQUIRE(fs().write_all(f, {text.data(), text.size()}, "f"));
    REQUIRE(fs().sync(f, "f"));
    REQUIRE(fs().close(std::move(f), "f"));
    write_file(dir / "taken", "mine");
    refused(fs().rename_no_replace(dir / "a/b/c/f", dir / "taken"), errc::exists,
            "rename to " + (dir / "taken")
                + ": File exists; nothing was replaced: choose another name or move it away");
    CHECK(read_file(dir / "taken") == "mine");
    REQUIRE(fs().rename_no_replace(dir / "a/b/c/f", dir / "g"));
    REQUIRE(fs().sync_directory(dir.path()));
    CHECK(read_file(dir / "g") == text);
    CHECK_FALSE(std::filesystem::exists(dir / "a/b/c/f"));
    REQUIRE(fs().remove(dir / "g"));
    CHECK(fs().kind(dir / "g") == file_kind::missing);
}

TEST_CASE("file: mapped from where it stands") {
    const scratch dir;
    write_file(dir / "f", "0123456789");
    const weir::file f = fs().open_read(dir / "f").value();
    const auto mapped = [&] {
        const weir::mapped_file m = fs().map(f, "f").value();
        return std::string(m.data(), m.size());
    };
    CHECK(mapped() == "0123456789");
    REQUIRE(::lseek(f.descriptor(), 7, SEEK_SET) == 7);
    CHECK(mapped() == "789");
    REQUIRE(::lseek(f.descriptor(), 10, SEEK_SET) == 10);
    CHECK(mapped().empty());
    REQUIRE(::lseek(f.descriptor(), 100, SEEK_SET) == 100);
    CHECK(mapped().empty());
    write_file(dir / "empty", "");
    CHECK(fs().map(fs().open_read(dir / "empty").value(), "empty").value().size() == 0);
    weir::mapped_file a = fs().map(fs().open_read(dir / "f").value(), "f").value();
    weir::mapped_file b;
    b = std::move(a);
    CHECK(std::string(b.data(), b.size()) == "0123456789");
}

TEST_CASE("file: patterns as the shell knows them, sorted") {
    const scratch dir;
    for (const char* name : {"b.log", "a.log", "c.txt"}) write_file(dir / name, "");
    CHECK(fs().matching(dir / "*.log") == std::vector<std::string>{dir / "a.log", dir / "b.log"});
    CHECK(fs().matching(dir / "*.none").empty());
}

TEST_CASE("file: a descriptor that is not owned stays open") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    { const weir::file lent(ends[0], false); }
    CHECK(::fcntl(ends[0], F_GETFD) != -1);
    { const weir::file owned(ends[0]); }
    CHECK(::fcntl(ends[0], F_GETFD) == -1);
    ::close(ends[1]);
}

TEST_CASE("file: a wait for a stream ends when it speaks, ends, or is interrupted") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const weir::file from(ends[0]);
    weir::file to(ends[1]);
    CHECK_FALSE(fs().wait_readable(from, nullptr));
    CHECK(fs().wait_writable(to, nullptr));
    {
        weir::interrupt stop;
        std::thread waiting([&] { CHECK_FALSE(fs().wait_readable(from, &stop)); });
        stop.raise();
        waiting.join();
        CHECK(stop.raised());
        CHECK_FALSE(fs().wait_readable(from, &stop));
    }
    weir::interrupt never;
    {
        bool readable = false;
        std::thread waiting([&] { readable = fs().wait_readable(from, &never); });
        REQUIRE(fs().write_all(to, {"x", 1}, "pipe"));
        waiting.join();
        CHECK(readable);
    }
    char text[4];
    CHECK(fs().read(from.descriptor() >= 0 ? const_cast<weir::file&>(from) : to, text, "pipe").value() == 1);
    to = weir::file();
    CHECK(fs().wait_readable(from, &never));
    CHECK(fs().read(const_cast<weir::file&>(from), text, "pipe").value() == 0);
}

TEST_CASE("file: a full pipe is not writable, and an interrupt ends that wait too") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_NONBLOCK) == 0);
    const weir::file from(ends[0]);
    const weir::file to(ends[1]);
    const std::string page(4'096, 'x');
    while (::write(ends[1], page.data(), page.size()) > 0) {}
    CHECK_FALSE(fs().wait_writable(to, nullptr));
    weir::interrupt stop;
    std::thread waiting([&] { CHECK_FALSE(fs().wait_writable(to, &stop)); });
    stop.raise();
    waiting.join();
}

TEST_CASE("file: a named pipe that nobody writes to is opened at once, and silent") {
    const scratch dir;
    REQUIRE(::mkfifo((dir / "p").c_str(), 0600) == 0);
    weir::file p = fs().open_read(dir / "p").value();
    CHECK_FALSE(fs().wait_readable(p, nullptr));
    weir::file writer(::open((dir / "p").c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(writer);
    CHECK_FALSE(fs().wait_readable(p, nullptr));
    REQUIRE(fs().write_all(writer, {"ab", 2}, "p"));
    char text[4];
    CHECK(fs().read(p, text, "p").value() == 2);
    writer = weir::file();
    CHECK(fs().wait_readable(p, nullptr));
    CHECK(fs().read(p, text, "p").value() == 0);
}

TEST_CASE("file: more than a non-blocking stream takes at once is written all the same") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_NONBLOCK) == 0);
    weir::file to(ends[1]);
    const std::string text(1'000'000, 'x');
    std::size_t got = 0;
    std::thread reader([&] {
        weir::file from(ends[0]);
        std::vector<char> buffer(65'536);
        while (const std::size_t n = fs().read(from, buffer, "pipe").value()) got += n;
    });
    CHECK(fs().write_all(to, {text.data(), text.size()}, "pipe"));
    to = weir::file();
    reader.join();
    CHECK(got == text.size());
}
