// How long a lease takes when 64 workers want one. `pool_bench mariadb|sqlite WORKERS SECONDS RATE FLUSH`: RATE is
// calls a second by all workers together (0: as fast as it goes), FLUSH is innodb_flush_log_at_trx_commit. One line of
// key=value. The yardstick beside it is the disk: one page with fdatasync, 50 times a second, in the same seconds and
// the same directory, because a lease that is kept waits for its disk. TMPDIR chooses the disk.

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cstdio>
#include <set>
#include <thread>

#include "base/random.hpp"
#include "store/open_store.hpp"
#include "tests/support/mariadb.hpp"
#include "tests/support/scratch.hpp"

namespace {

using namespace td;
using steady = std::chrono::steady_clock;

struct tally {
    std::vector<double> lease_ms;
    std::vector<double> end_ms;
    std::vector<number_id> numbers;
    std::uint64_t failed = 0;
    std::uint64_t dry = 0;
};

double ms_since(steady::time_point begun) {
    return std::chrono::duration<double, std::milli>(steady::now() - begun).count();
}

double quantile(std::vector<double> values, double q) {
    if (values.empty()) {
        return 0;
    }
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

instant wall() {
    return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

struct plan {
    unsigned workers = 0;
    double rate = 0;
    steady::duration length{};
};

void work(const store::store_options& options, const plan& what, unsigned no, std::barrier<>& ready, tally& into) {
    const auto opened = store::open_store(options);
    random_source dice(no + 1);
    // Connects and prepares the statements: a worker does that once in its life.
    const auto first = (*opened)->lease({panel_id{std::to_string(no) + ".first"}, city_id{"city"},
                                         call_id::of(0, static_cast<std::uint16_t>(no), dice.next()), wall(), "",
                                         "bench", "sos call"});
    if (first && first->number) {
        static_cast<void>((*opened)->end(first->number->token, wall()));
    }
    ready.arrive_and_wait();
    const auto until = steady::now() + what.length;
    const double gap_ms = what.rate > 0 ? 1000.0 * what.workers / what.rate : 0;
    auto next = steady::now() + std::chrono::microseconds(static_cast<std::int64_t>(gap_ms * 1000 * dice.fraction()));
    for (std::uint64_t i = 0; steady::now() < until; ++i) {
        if (gap_ms > 0) {
            std::this_thread::sleep_until(next);
            next += std::chrono::microseconds(static_cast<std::int64_t>(gap_ms * 2000 * dice.fraction()));
        }
        const panel_id panel{std::to_string(no) + "." + std::to_string(i)};
        auto begun = steady::now();
        const auto answer =
            (*opened)->lease({panel, city_id{"city"}, call_id::of(i, static_cast<std::uint16_t>(no), dice.next()),
                              wall(), "{\"address\":\"Lenina 1\"}", "bench", "sos call"});
        into.lease_ms.push_back(ms_since(begun));
        if (!answer) {
            ++into.failed;
            continue;
        }
        if (!answer->number) {
            ++into.dry;
            continue;
        }
        into.numbers.push_back(answer->number->number);
        begun = steady::now();
        into.failed += (*opened)->end(answer->number->token, wall()) ? 0 : 1;
        into.end_ms.push_back(ms_since(begun));
    }
}

/// The disk in the same seconds.
std::vector<double> watch_disk(const std::filesystem::path& dir, const std::atomic<bool>& over) {
    const int file = ::open((dir / "yardstick").c_str(), O_WRONLY | O_CREAT, 0644);
    std::vector<double> times;
    const std::string page(4096, 'x');
    auto next = steady::now();
    for (off_t at = 0; !over; at += 4096) {
        std::this_thread::sleep_until(next += std::chrono::milliseconds{20});
        const auto begun = steady::now();
        if (::pwrite(file, page.data(), page.size(), at) < 0) {
            break;
        }
        ::fdatasync(file);
        times.push_back(ms_since(begun));
    }
    ::close(file);
    return times;
}

tally total_of(const std::vector<tally>& tallies) {
    tally sum;
    for (const tally& each : tallies) {
        sum.lease_ms.insert(sum.lease_ms.end(), each.lease_ms.begin(), each.lease_ms.end());
        sum.end_ms.insert(sum.end_ms.end(), each.end_ms.begin(), each.end_ms.end());
        sum.numbers.insert(sum.numbers.end(), each.numbers.begin(), each.numbers.end());
        sum.failed += each.failed;
        sum.dry += each.dry;
    }
    return sum;
}

/// True when no number was lent twice and nothing failed.
bool tell(const std::string& title, const tally& sum, double seconds, const std::vector<double>& syncs) {
    // Every call here has a panel of its own and windows outlast the run: a number that came twice was lent twice.
    const std::size_t twice = sum.numbers.size() - std::set<number_id>(sum.numbers.begin(), sum.numbers.end()).size();
    std::printf(
        "%s leases=%zu leases_per_s=%.0f lease_p50_ms=%.2f lease_p99_ms=%.2f "
        "lease_max_ms=%.2f end_p50_ms=%.2f end_p99_ms=%.2f twice=%zu dry=%llu failed=%llu sync_p50_ms=%.2f "
        "sync_p99_ms=%.2f\n",
        title.c_str(), sum.lease_ms.size(), static_cast<double>(sum.lease_ms.size()) / seconds,
        quantile(sum.lease_ms, 0.5), quantile(sum.lease_ms, 0.99), quantile(sum.lease_ms, 1), quantile(sum.end_ms, 0.5),
        quantile(sum.end_ms, 0.99), twice, static_cast<unsigned long long>(sum.dry),
        static_cast<unsigned long long>(sum.failed), quantile(syncs, 0.5), quantile(syncs, 0.99));
    return twice == 0 && sum.failed == 0;
}

}  // namespace

int main(int count, char** words) {
    const std::vector<std::string> given(words + 1, words + count);
    const auto word = [&](std::size_t i, const char* otherwise) { return i < given.size() ? given[i] : otherwise; };
    const std::string kind = word(0, "mariadb");
    const auto workers = static_cast<unsigned>(std::stoul(word(1, "64")));
    const double seconds = std::stod(word(2, "10"));
    const double rate = std::stod(word(3, "0"));
    const std::string flush = word(4, "1");

    const scratch_dir dir;
    std::unique_ptr<test::mariadb> server;
    store::store_options options;
    options.url = "sqlite:" + (dir.path() / "pool.db").string();
    options.deadline = std::chrono::seconds{10};
    if (kind == "mariadb") {
        server = std::make_unique<test::mariadb>(
            std::vector<std::string>{"--innodb-flush-log-at-trx-commit=" + flush, "--innodb-log-file-size=256M"});
        options.url = server->url("td_admin");
        options.password = secret{test::mariadb::admin_password};
    }
    const auto opened = store::open_store(options);
    static_cast<void>((*opened)->migrate());
    static_cast<void>((*opened)->put_city({city_id{"city"}, "", "route", "", {}, {}}, "bench", wall()));
    std::vector<pool::new_number> all;
    for (std::uint64_t i = 0; i < 50000; ++i) {
        all.push_back({number_id{std::to_string(73510000000ULL + i)}, city_id{"city"}});
    }
    if (const auto added = (*opened)->add_numbers(all, "bench", wall()); !added) {
        std::fprintf(stderr, "%s\n", added.why().text.c_str());
        return 1;
    }

    std::vector<tally> tallies(workers);
    std::vector<std::thread> threads;
    std::barrier<> ready(workers + 1);
    const plan what{workers, rate,
                    std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds))};
    for (unsigned i = 0; i < workers; ++i) {
        threads.emplace_back([&, i] { work(options, what, i, ready, tallies[i]); });
    }
    ready.arrive_and_wait();
    const auto begun = steady::now();
    std::atomic<bool> over = false;
    std::vector<double> syncs;
    std::thread watcher([&] { syncs = watch_disk(dir.path(), over); });
    for (std::thread& each : threads) {
        each.join();
    }
    const double took = ms_since(begun) / 1000;
    over = true;
    watcher.join();
    std::array<char, 100> title{};
    std::snprintf(title.data(), title.size(), "store=%s workers=%u rate=%.0f flush=%s", kind.c_str(), workers, rate,
                  flush.c_str());
    return tell(title.data(), total_of(tallies), took, syncs) ? 0 : 1;
}
