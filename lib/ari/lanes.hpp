#pragma once
// Which connection carries which request. HTTP/1.1 connections are kept alive and pipelined: Asterisk answers the
// requests of one connection one after another and in order, so requests of one order_key that share a connection keep
// their order without a wait between them. A key with requests under way stays where it is; a new key goes where
// nothing waits. The events WebSocket is one more lane where Asterisk takes requests there. Pure: bytes and instants
// in, bytes out.

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ari/http_reader.hpp"
#include "ari/options.hpp"
#include "ari/requests.hpp"

namespace td::ari {

/// Why there is no reply.
enum class loss : std::uint8_t {
    unsent,   ///< its time was over before a connection took it: Asterisk never saw it
    overdue,  ///< its time was over: Asterisk may have done it or may yet do it
    unheard,  ///< the connection ended: Asterisk may have done it, and there is time to ask again
};

/// Takes requests.
class courier {
public:
    virtual ~courier() = default;
    virtual void submit(exchange request, instant now) = 0;
};

/// Learns what became of them, each exactly once.
class correspondent {
public:
    virtual ~correspondent() = default;
    virtual void replied(exchange request, int status, std::string_view body, instant now) = 0;
    virtual void lost(exchange request, loss why, instant now) = 0;
};

/// The connections themselves, by number.
class wires {
public:
    virtual ~wires() = default;
    /// Begins to connect; `opened` or `closed` of the lanes follows, but never within this call.
    virtual void open(std::size_t lane) = 0;
    /// Closes at once; nothing of this connection may be reported afterwards.
    virtual void close(std::size_t lane) = 0;
    /// Sends the bytes; the callee may swap them out and leave a buffer to use again.
    virtual void send(std::size_t lane, std::string& bytes) = 0;
    /// Sends one message on the events WebSocket.
    virtual void send_message(std::string_view text) = 0;
};

class lanes final : public courier {
public:
    /// `base` precedes /ari in every path, `fixed` are the header lines of every request with their CRLFs.
    lanes(const limits& limit, transport way, std::string base, std::string fixed, wires& out, correspondent& back);

    /// Places the request, or keeps it until a connection can be had; nothing is written before `flush`.
    void submit(exchange request, instant now) override;
    /// Hands what this turn collected to the wires: one piece a connection.
    void flush();

    void opened(std::size_t lane, instant now);
    void received(std::size_t lane, std::string_view bytes, instant now);
    /// The connection could not be made, or the peer closed it.
    void closed(std::size_t lane, instant now);

    /// The WebSocket takes requests from now on (Asterisk answered the probe).
    void socket_opened(instant now);
    /// It takes none any more.
    void socket_closed(instant now);
    void socket_replied(std::uint64_t number, int status, std::string_view body, instant now);

    /// True when a probe is to be sent on the WebSocket: a request on it was overdue a while ago, and it has carried
    /// none since. Once each time.
    [[nodiscard]] bool take_probe(instant now);

    /// Serves deadlines, closes what was idle too long, connects again. An extra call is harmless.
    void advance(instant now);
    /// When `advance` is next needed. Requests under way are looked at every 50 ms.
    [[nodiscard]] instant next_deadline(instant now) const;

    /// Requests that wait or are under way.
    [[nodiscard]] std::size_t outstanding() const { return outstanding_; }
    /// Connections open or being opened, without the WebSocket.
    [[nodiscard]] std::size_t connections() const;
    /// Closes every connection; what was under way is forgotten without a word.
    void shut();

private:
    struct lane {
        enum class state : std::uint8_t { closed, opening, open };
        explicit lane(std::size_t body_limit) : reader(body_limit) {}
        state how = state::closed;
        bool heard = false;  ///< this connection has given a reply
        instant since{};     ///< when it began to open, or was last used
        std::deque<exchange> under_way;
        std::string out;
        http_reader reader;
    };
    struct binding {
        std::size_t lane = 0;
        std::size_t count = 0;
    };

    [[nodiscard]] bool place(exchange& request, instant now);
    [[nodiscard]] std::optional<std::size_t> pick(errand what, instant now);
    void write(std::size_t number, const exchange& request);
    void leave_unsent(exchange word, instant now);
    void unbind(const order_key& key);
    void drop(std::size_t number, instant now);
    void drop_expired(instant now);
    void rest(instant now);
    void place_waiting(instant now);
    [[nodiscard]] std::size_t allowed(instant now) const;
    [[nodiscard]] std::size_t socket() const { return lanes_.size() - 1; }

    limits limit_;
    transport way_;
    std::string base_;
    std::string fixed_;
    wires& out_;
    correspondent& back_;
    std::vector<lane> lanes_;  ///< the HTTP connections, and the WebSocket as the last
    std::unordered_map<order_key, binding> bindings_;
    std::deque<exchange> waiting_;  ///< no connection can be had for them yet; in the order of their coming
    std::size_t outstanding_ = 0;
    instant rest_until_{};  ///< no connect before: the last one failed
    duration rest_{};
    instant shrunk_until_{};  ///< Asterisk's session limit was met: no more connections than then until this
    std::size_t shrunk_to_ = 0;
    instant probe_at_ = never;
};

}  // namespace td::ari
