#pragma once
// A scripted Asterisk on a real loopback socket, written with Beast so that our own HTTP and WebSocket meet another
// implementation. It answers every request as the script says: properly, or as badly as a real night can.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace td::test {

/// What the script lets become of a request.
struct answer {
    enum class manner : std::uint8_t {
        whole,    ///< a proper reply
        chunked,  ///< a proper reply in chunks
        half,     ///< the first half of the reply, then the connection is cut
        cut,      ///< no byte, then the connection is cut
        hang,     ///< nothing, ever
        garbage,  ///< something that is not HTTP
        drip,     ///< a byte every 200 ms
    };
    int status = 204;
    std::string body = {};
    manner how = manner::whole;
};

struct request_seen {
    std::string verb;
    std::string target;
    std::string body;
    std::size_t connection = 0;  ///< which one carried it, counted from 1
};

class ari_server {
public:
    explicit ari_server(boost::asio::io_context& loop);
    ~ari_server();

    [[nodiscard]] std::string url() const;

    /// Decides about every HTTP request but the handshake. By default Asterisk is empty: the lists are empty, every act
    /// is 204.
    std::function<answer(const request_seen&)> answers;
    /// The status of the WebSocket handshake; 101 lets it through.
    int handshake = 101;
    /// Connections are closed without a byte, as beyond Asterisk's session limit.
    bool full = false;
    /// The WebSocket is accepted and then neither read nor answered: no pong.
    bool mute = false;
    /// REST over the WebSocket is answered by `answers`, as Asterisk 22 does; else ignored, as 16 does.
    bool rest_on_socket = false;

    /// An event to the worker.
    void tell(std::string text);
    /// The WebSocket's TCP connection ends without a close frame.
    void cut_socket();
    /// Every connection ends and no new one is taken, until `begin_again`.
    void die();
    void begin_again();

    [[nodiscard]] const std::vector<request_seen>& seen() const;
    /// The Authorization and the target of every WebSocket handshake.
    [[nodiscard]] const std::vector<std::string>& handshake_passwords() const;
    [[nodiscard]] const std::vector<std::string>& handshake_targets() const;
    /// How often "VERB target" (without the query) was asked.
    [[nodiscard]] std::size_t count(const std::string& verb_and_target) const;
    [[nodiscard]] std::size_t sockets_made() const;
    [[nodiscard]] std::size_t most_connections() const;

private:
    struct insides;
    std::shared_ptr<insides> insides_;  ///< shared with the completions still on the loop
};

}  // namespace td::test
