#pragma once
// The model of Asterisk behind a real socket: its REST interface, its events over WebSockets, and REST over those where
// the release has it (22.4 and newer). Sessions, keep-alive, credentials and the cut of a slow reader are Asterisk's.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.hpp"
#include "sim/fake_asterisk.hpp"
#include "sim_server/ari_operations.hpp"
#include "sim_server/http_server.hpp"

namespace td::sim_server {

struct ari_options {
    sim::asterisk_release release = sim::asterisk_release::v22;  ///< the model's own
    std::string user = "tdctl";
    std::string password = "tdctl";
    std::string reader = "reader";        ///< another user with the same password, who may only read (read_only = yes)
    http_limits limits;                   ///< its `name` is replaced by Asterisk's
    std::size_t queued_requests = 10000;  ///< REST requests that wait on one WebSocket; beyond them it is closed
    std::size_t channels_with_variables = 20000;  ///< the oldest channel's variables are forgotten beyond this
};

struct ari_counts {
    std::uint64_t http_requests = 0;
    std::uint64_t socket_requests = 0;  ///< REST over the WebSocket
    std::uint64_t refused = 0;          ///< replies of 400 and above
    std::uint64_t events = 0;
    std::uint64_t event_bytes = 0;
};

class ari_server final : http_guest {
public:
    /// What the SIP side of the model saw.
    using witness = std::function<void(const sim::sip_news&)>;
    /// Answers what is outside /ari, such as a control interface; nothing gives 404.
    using neighbour = std::function<std::optional<http_reply>(const http_request&)>;

    /// The loop and the model outlive the server.
    ari_server(loop& on, sim::fake_asterisk& model, ari_options options, witness seen, neighbour other);
    ~ari_server() override;

    /// Gives back the port.
    [[nodiscard]] result<std::uint16_t> listen(std::string_view address);

    /// Sends what the model has to say. To be called after everything that is done to the model from outside; what
    /// becomes due later is sent by itself.
    void pump();

    /// Cuts every WebSocket without a close frame.
    void cut_sockets();
    /// Every WebSocket falls silent, with TCP up: nothing is read or written any more.
    void silence_sockets();
    /// Asterisk dies and starts again: the model forgets all, and every connection of a client is cut.
    void restart();

    [[nodiscard]] std::size_t sockets() const { return sockets_.size(); }
    [[nodiscard]] std::size_t sessions() const { return server_.sessions(); }
    [[nodiscard]] const ari_counts& counts() const { return counts_; }
    [[nodiscard]] const http_counts& traffic() const { return server_.counts(); }

private:
    enum class right : std::uint8_t { none, read, act };
    struct socket_request {
        std::string text;
        std::string transaction_id;
        std::string request_id;
        std::string uri;
        std::string reason;  ///< in place of the status' own phrase
    };
    struct socket {
        std::uint32_t at_model = 0;
        std::string application;  ///< the first of ?app=
        right may = right::act;
        std::deque<socket_request> waiting;  ///< the first of them is being answered
    };
    /// A request that the model has not answered yet.
    struct open_question {
        socket_no from = 0;
        bool over_socket = false;
        ari_extra extra = ari_extra::none;
        parameters variables;
    };

    // http_guest
    http_reply answer(const http_request& request) override;
    std::optional<http_reply> turn_away(const http_request& request) override;
    void opened(socket_no socket, const http_request& request) override;
    void heard(socket_no socket, std::string_view message) override;
    void closed(socket_no connection) override;
    void turn_ended() override { pump(); }

    [[nodiscard]] right right_of(const http_request& request) const;
    /// The reply when it is known at once; nothing when the model was asked.
    std::optional<http_reply> ask(socket_no from, bool over_socket, const ari_request& request);
    [[nodiscard]] http_reply fixed_reply(ari_fixed what) const;
    [[nodiscard]] http_reply document(const http_request& request) const;
    void serve_next(socket_no number);
    std::optional<http_reply> ask_over_socket(socket_no number, socket_request& next);
    void answer_over_socket(socket_no number, const http_reply& given);

    void say(const sim::reply& reply);
    void say(const sim::event& news);
    [[nodiscard]] http_reply reply_of(const sim::reply& reply, const open_question& asked);
    void keep(const std::string& channel, const parameters& variables);
    void wake_at(instant when);

    loop& on_;
    sim::fake_asterisk& model_;
    ari_options options_;
    witness seen_;
    neighbour other_;
    std::map<socket_no, socket> sockets_;
    std::unordered_map<std::uint32_t, socket_no> by_model_;
    std::unordered_map<std::uint64_t, open_question> open_;
    std::uint64_t last_question_ = 0;
    std::unordered_map<std::string, std::map<std::string, std::string>> variables_;
    std::deque<std::string> variables_order_;
    bool pumping_ = false;
    instant armed_ = never;
    std::string text_;  ///< of the event being sent, to spare an allocation each
    ari_counts counts_;
    // Shared only to be watched: a wake-up may come after the server is gone.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
    http_server server_;
};

}  // namespace td::sim_server
