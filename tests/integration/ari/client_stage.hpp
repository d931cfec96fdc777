#pragma once
// A client and an Asterisk on one loop, and the names that their tests share.

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ari/client.hpp"
#include "ari_server.hpp"
#include "catch.hpp"

namespace td::test {

using ari::client;
using ari::level;
using ari::options;
using ari::transport;

inline const call_id one = call_id::of(1, 0, 1);
inline const std::string name = "td." + std::string(one.text());
inline const leg_ref leg7{one, leg_no{7}};
inline const channel_id panel("1.0");
inline const call::dial dial7{leg7, account_id("79001112233"), panel_id("5001"), 45s};
inline const std::string post7 = "POST /ari/channels/" + name + ".07";
inline const std::string get7 = "GET /ari/channels/" + name + ".07";
inline const std::string delete7 = "DELETE /ari/channels/" + name + ".07";
inline const std::string post_answer = "POST /ari/channels/1.0/answer";

/// A client and an Asterisk on one loop, run until a condition holds or its time is over.
class stage {
public:
    explicit stage(transport way = transport::http, const std::function<void(options&)>& change = {}) : server(loop) {
        options wanted;
        wanted.url = server.url();
        wanted.user = "worker";
        wanted.password = secret("sesame");
        wanted.app = "td";
        wanted.way = way;
        wanted.limit.request = 1s;
        if (change) {
            change(wanted);
        }
        client::surroundings around;
        around.facts = [this](call::fact news) {
            facts.push_back(std::move(news));
            if (on_fact) {
                on_fact(facts.back());
            }
        };
        around.name_call = [] { return one; };
        around.log = [this](level, const std::string& line) { log += line + "\n"; };
        around.fatal = [this](failure why) { fatal.push_back(std::move(why)); };
        worker = std::make_unique<client>(loop.get_executor(), wanted, std::move(around));
    }

    template <class Condition>
    bool until(Condition holds, std::chrono::milliseconds within = 60s) {
        const auto end = std::chrono::steady_clock::now() + within;
        while (!holds() && std::chrono::steady_clock::now() < end) {
            loop.restart();
            loop.run_one_for(20ms);
        }
        return holds();
    }

    void connect() {
        worker->start();
        REQUIRE(until([this] { return worker->connected(); }));
    }

    template <class Fact>
    [[nodiscard]] std::size_t count() const {
        return static_cast<std::size_t>(std::count_if(
            facts.begin(), facts.end(), [](const call::fact& each) { return std::holds_alternative<Fact>(each); }));
    }
    template <class Fact>
    [[nodiscard]] const Fact* last() const {
        for (auto each = facts.rbegin(); each != facts.rend(); ++each) {
            if (const auto* found = std::get_if<Fact>(&*each)) {
                return found;
            }
        }
        return nullptr;
    }
    /// The status of the refusal that comes; -1 when none comes.
    int refusal() {
        return until([this] { return count<call::pbx_refused>() > 0; }) ? last<call::pbx_refused>()->status : -1;
    }
    bool answered() {
        return until([this] { return count<call::pbx_did>() > 0; });
    }
    /// The first request of this name is answered `first`, everything else as an empty Asterisk would.
    void once(const std::string& verb_and_target, answer first) {
        server.answers = [usual = server.answers, verb_and_target, first,
                          done = false](const request_seen& request) mutable {
            const std::string asked = request.verb + " " + request.target.substr(0, request.target.find('?'));
            return asked == verb_and_target && !std::exchange(done, true) ? first : usual(request);
        };
    }

    boost::asio::io_context loop;
    ari_server server;
    std::vector<call::fact> facts;
    std::function<void(const call::fact&)> on_fact;
    std::vector<failure> fatal;
    std::string log;
    std::unique_ptr<client> worker;
};

}  // namespace td::test
