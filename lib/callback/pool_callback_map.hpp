#pragma once
// Plays the callback map for callback_map.url = "pool": the table sos_lease is the map, and nothing is written twice.
// Whoever routes callbacks asks the pool's store (see examples/kamailio/README.md).

#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "ports/callback_map.hpp"

namespace td::callback {

class pool_callback_map final : public ports::callback_map {
public:
    /// `loop` must outlive it; nothing is called after the destructor.
    pool_callback_map(boost::asio::io_context& loop, ports::callback_sink sink)
        : loop_(loop), sink_(std::make_shared<ports::callback_sink>(std::move(sink))) {}

    void put(const call_id& call, const pool::callback_route& route) override {
        answer_later({call, route.number, route.token, pool::map_outcome::written, {}, {}});
    }
    void remove(const call_id& call, const number_id& number, pool::lease_token token) override {
        answer_later({call, number, token, pool::map_outcome::written, {}, {}});
    }
    [[nodiscard]] bool up() const override { return true; }

private:
    void answer_later(ports::callback_answer answer) {
        boost::asio::post(loop_, [sink = std::weak_ptr(sink_), answer = std::move(answer)] {
            if (const auto living = sink.lock()) {
                (*living)(answer);
            }
        });
    }

    boost::asio::io_context& loop_;
    std::shared_ptr<ports::callback_sink> sink_;  // shared: what waits on the loop asks whether we live
};

}  // namespace td::callback
