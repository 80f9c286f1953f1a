// SPDX-License-Identifier: BSL-1.0
// A database's change log in a topic: inserts, updates and deletes in Debezium's envelope, keyed by the row's primary
// key, a delete followed by a tombstone. Folded, it is the table; compacted, it keeps only what the table still needs,
// and folded again it is the same table.
#include <weir/streams/topics/change_event.hpp>
#include <weir/streams/topics/topic.hpp>
#include <weir/support/clock.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace {

struct account {
    std::string owner;
    long cents = 0;

    friend bool operator==(const account&, const account&) = default;
};
using change = weir::change_event<account>;
using change_log = weir::topic<change>;

/// The database's side: every change of a row appends what was before and after.
class accounts {
  public:
    explicit accounts(change_log log) : log_(std::move(log)) {}

    [[nodiscard]] const auto& table() const { return table_; }

    void insert(const std::string& id, account row) {
        put(id, change{weir::change_op::create, std::nullopt, row});
        table_[id] = std::move(row);
    }
    void update(const std::string& id, long cents) {
        account& row = table_.at(id);
        const account before = row;
        row.cents = cents;
        put(id, change{weir::change_op::update, before, row});
    }
    void remove(const std::string& id) {
        put(id, change{weir::change_op::remove, table_.at(id), std::nullopt});
        put(id, std::nullopt);  // the tombstone: compaction may forget the key
        table_.erase(id);
    }

  private:
    void put(const std::string& id, std::optional<change> event) {
        weir::topic_record<change> record;
        record.key = id;
        record.value = std::move(event);
        if (const auto put = log_.produce(std::move(record)); !put) fmt::print("{}\n", put.error().message);
    }

    change_log log_;
    std::map<std::string, account, std::less<>> table_;
};

/// The reader's side: the table that the log is of, and how many records that took.
std::pair<weir::change_table<account>, std::size_t> fold(const change_log& log) {
    weir::change_table<account> table;
    std::size_t records = 0;
    for (std::uint32_t p = 0; p < log.partitions(); ++p) {
        for (std::int64_t at = log.offsets(p).value().start; at < log.offsets(p).value().end;) {
            at = log.visit(p, at,
                           [&](const weir::topic_record<change>& r) {
                               ++records;
                               table.apply(r.key, r.value).value();
                           })
                     .value();
        }
    }
    return {std::move(table), records};
}

void compact(const change_log& log) {
    for (std::uint32_t p = 0; p < log.partitions(); ++p) {
        if (const auto done = log.compact(p); !done) fmt::print("{}\n", done.error().message);
    }
}

void print(const char* what, const std::pair<weir::change_table<account>, std::size_t>& folded) {
    fmt::print("{}: {} records, {} rows\n", what, folded.second, folded.first.rows().size());
    for (const auto& [id, row] : folded.first.rows()) fmt::print("  {} {} {}\n", id, row.owner, row.cents);
}

}  // namespace

int main() {
    weir::virtual_clock time({1'700'000'000'000'000});
    const change_log log("bank.accounts", {.cleanup = weir::cleanup_policy::compact,
                                           .segment_ms = 60'000,
                                           .delete_retention_ms = 3'600'000,
                                           .time = &time});
    accounts bank(log);
    bank.insert("1", {"ann", 100});
    bank.insert("2", {"bob", 250});
    bank.insert("3", {"cy", 0});
    for (long n = 1; n <= 200; ++n) bank.update(n % 2 == 0 ? "1" : "2", 100 + n);
    bank.remove("3");
    bank.insert("4", {"dee", 7});
    time.advance(120'000'000);  // what was written so far is over: its segments will not grow
    bank.update("4", 8);
    const auto whole = fold(log);
    print("log", whole);

    compact(log);
    time.advance(7'200'000'000);  // and the tombstone has been there for whoever follows
    compact(log);
    const auto compacted = fold(log);
    print("compacted", compacted);
    const bool same = whole.first.rows() == bank.table() && compacted.first.rows() == bank.table();
    fmt::print("{}\n", same ? "both are the table" : "NOT the table");
    return same ? 0 : 1;
}
