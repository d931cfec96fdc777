// The program itself: serve-ari on the simulated Asterisk, its calls on a real RabbitMQ.

#include <array>
#include <csignal>
#include <set>

#include "catch.hpp"
#include "tests/integration/rabbitmq/broker.hpp"

namespace td::feed {
namespace {

using test::broker;
using test::in_time;

/// One run of tdctl, its output in files.
class run_of_tdctl {
public:
    run_of_tdctl(const std::filesystem::path& dir, const std::string& name, std::vector<std::string> words)
        : data_(dir / (name + ".out")), said_(dir / (name + ".err")) {
        words.insert(words.begin(), TDCTL_BINARY_DIR "/tdctl");
        std::vector<std::string> around{"TDCTL_ARI_PASSWORD=tdctl", "MQ=secret", "TMPDIR=" + dir.string()};
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&files, 1, data_.c_str(), O_WRONLY | O_CREAT, 0644);
        ::posix_spawn_file_actions_addopen(&files, 2, said_.c_str(), O_WRONLY | O_CREAT, 0644);
        REQUIRE(::posix_spawn(&pid_, words.front().c_str(), &files, nullptr, pointers(words).data(),
                              pointers(around).data()) == 0);
        ::posix_spawn_file_actions_destroy(&files);
    }
    run_of_tdctl(const run_of_tdctl&) = delete;
    run_of_tdctl& operator=(const run_of_tdctl&) = delete;
    ~run_of_tdctl() { end(SIGKILL); }

    std::string data() const { return text_of_file(data_); }
    std::string said() const { return text_of_file(said_); }
    /// The exit status; -1 when a signal ended it, or it had ended before, or does not end in two minutes.
    int end(int signal) {
        int status = -1;
        if (pid_ > 0) {
            ::kill(pid_, signal);
            if (!in_time([&] { return ::waitpid(pid_, &status, WNOHANG) != 0; })) {
                ::kill(pid_, SIGKILL);
                ::waitpid(pid_, &status, 0);
            }
            pid_ = -1;
        }
        return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& of) {
        std::vector<char*> all;
        for (std::string& each : of) {
            all.push_back(each.data());
        }
        all.push_back(nullptr);
        return all;
    }
    std::filesystem::path data_;
    std::filesystem::path said_;
    pid_t pid_ = -1;
};

/// The reply of a local web server.
std::string ask(std::uint16_t port, const std::string& request) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{5, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    where.sin_port = htons(port);
    std::string reply;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) {
        const std::string all = request + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        static_cast<void>(::send(socket, all.data(), all.size(), MSG_NOSIGNAL));
        std::array<char, 4096> block{};
        for (ssize_t count = 0; (count = ::recv(socket, block.data(), block.size(), 0)) > 0;) {
            reply.append(block.data(), static_cast<std::size_t>(count));
        }
    }
    ::close(socket);
    return reply;
}

/// The port behind "name":"http://127.0.0.1:
std::uint16_t port_of(const std::string& json, const std::string& name) {
    const std::string front = "\"" + name + "\":\"http://127.0.0.1:";
    const std::size_t at = json.find(front);
    REQUIRE(at != std::string::npos);
    return static_cast<std::uint16_t>(std::stoi(json.substr(at + front.size())));
}

/// A simulated town, and a worker in it that feeds the broker.
class worker_in_town {
public:
    worker_in_town() : town_(dir_.path(), "town", {"--json", "load-test", "serve", "--listen", "127.0.0.1:0"}) {
        REQUIRE(comes_true([&] { return town_.data().find('\n') != std::string::npos; }));
        ari_ = port_of(town_.data(), "ari");
        const std::string here = dir_.path();
        const auto local = [](std::uint16_t port) { return "\"http://127.0.0.1:" + std::to_string(port) + "\"\n"; };
        write_file(dir_.path() / "tdctl.toml",
                   "[ari]\nurl = " + local(ari_) +
                       "[crm]\nmemory = \"\"\nurl = " + local(port_of(town_.data(), "crm")) +
                       "[push]\nurl = \"none\"\n[pool]\nnotes = \"\"\nurl = \"sqlite:" + here +
                       "/pool.db\"\n[feed]\nurl = \"amqp://tdctl@127.0.0.1:" + std::to_string(broker().port()) +
                       "/%2f\"\npassword = \"env:MQ\"\nspool = \"" + here + "/spool\"\n[journal]\ndir = \"" + here +
                       "/journal\"\n[metrics]\nlisten = \"127.0.0.1:" + std::to_string(page_) + "\"\n");
        begin();
    }
    /// The worker, and after its end another one in its place.
    void begin() {
        const std::string name = "worker" + std::to_string(++workers_);
        worker_ = std::make_unique<run_of_tdctl>(
            dir_.path(), name,
            std::vector<std::string>{"--config", dir_.path() / "tdctl.toml", "serve-ari", "--drain", "60s"});
        REQUIRE(in_time([&] { return worker_->said().find("ready") != std::string::npos; }));
    }
    /// One visitor a panel, who leaves after a while.
    void ten_calls() {
        for (int panel = 5001; panel <= 5010; ++panel) {
            const std::string path = "/sim/panels/" + std::to_string(panel) + "/call?flat=12&hangs_up_after=200ms";
            REQUIRE(ask(ari_, "POST " + path).find("HTTP/1.1 20") == 0);
        }
        calls_ += 10;
        REQUIRE(in_time([&] { return metric("tdctl_feed_records_total") == calls_; }));
    }
    /// The value of a metric that has no labels; -1 when it is not there.
    int metric(const std::string& name) const {
        const std::string page = ask(page_, "GET /metrics");
        const std::size_t at = page.find("\n" + name + " ");
        return at == std::string::npos ? -1 : std::stoi(page.substr(at + name.size() + 2));
    }
    std::string ready_page() const { return ask(page_, "GET /readyz"); }
    run_of_tdctl& worker() { return *worker_; }
    int calls() const { return calls_; }

private:
    scratch_dir dir_;
    run_of_tdctl town_;
    std::unique_ptr<run_of_tdctl> worker_;
    std::uint16_t ari_ = 0;
    std::uint16_t page_ = test::free_port();
    int calls_ = 0;
    int workers_ = 0;
};

/// What other tests left in the queue is not counted, also when a kill -9 brings back what was taken of it.
class calls_at_the_broker {
public:
    std::size_t count() const {
        std::set<std::string> seen;
        for (const auto& each : broker().outsider().take_all("td.calls")) {
            if (others_.count(each.message_id) == 0) {
                CHECK(each.key == "door.finished");
                seen.insert(each.message_id);
            }
        }
        return seen.size();
    }

private:
    static std::set<std::string> all() {
        std::set<std::string> seen;
        for (const auto& each : broker().outsider().take_all("td.calls")) {
            seen.insert(each.message_id);
        }
        return seen;
    }
    std::set<std::string> others_ = all();
};

TEST_CASE("rabbitmq: serve-ari feeds its calls through a broker's restart and its own end", "[rabbitmq]") {
    const calls_at_the_broker arrived;
    worker_in_town here;
    here.ten_calls();
    REQUIRE(in_time([&] { return here.metric("tdctl_feed_confirmed_total") == here.calls(); }));
    CHECK(here.metric("tdctl_feed_connected") == 1);
    broker().crash();
    here.ten_calls();
    REQUIRE(in_time([&] { return here.ready_page().find("alarm feed: RabbitMQ at 127.0.0.1") != std::string::npos; }));
    CHECK(here.ready_page().find("HTTP/1.1 200") == 0);
    CHECK(here.metric("tdctl_feed_connected") == 0);
    broker().start();
    REQUIRE(in_time([&] { return here.metric("tdctl_feed_confirmed_total") == here.calls(); }));
    CHECK(here.ready_page().find("alarm feed") == std::string::npos);
    here.ten_calls();
    INFO(here.worker().said());
    CHECK(here.worker().end(SIGTERM) == 0);  // the last records are confirmed before it ends
    CHECK(arrived.count() == 30);
}

TEST_CASE("rabbitmq: serve-ari ends while the broker hangs, and the next one sends what was left", "[rabbitmq]") {
    const calls_at_the_broker arrived;
    worker_in_town here;
    here.ten_calls();
    REQUIRE(in_time([&] { return here.metric("tdctl_feed_confirmed_total") == here.calls(); }));
    const auto frost = broker().freeze();
    here.ten_calls();
    CHECK(here.worker().end(SIGTERM) == 0);
    frost.thaw();
    here.begin();
    REQUIRE(in_time([&] { return here.metric("tdctl_feed_confirmed_total") >= 10; }));
    CHECK(here.worker().end(SIGTERM) == 0);
    CHECK(arrived.count() == 20);
}

}  // namespace
}  // namespace td::feed
