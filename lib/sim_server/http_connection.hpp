#pragma once
// The insides of http_server: its connections, and the floor that they share. Only the two sources of the server
// include this, because Asio and Beast stand in it.

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim_server/http_server.hpp"
#include "sim_server/websocket.hpp"

namespace td::sim_server {

class http_connection;

/// What the connections of one server share.
struct http_floor {
    http_floor(loop& where, http_guest& who, http_limits what) : on(where), guest(who), limits(std::move(what)) {}

    loop& on;
    http_guest& guest;
    http_limits limits;
    boost::asio::ip::tcp::acceptor acceptor{on.context()};
    boost::asio::steady_timer sweep{on.context()};
    bool sweeping = false;
    socket_no last_number = 0;
    http_counts counts;
    // Shared, because a read or a wait of Asio that is under way holds its connection too; it may end after the server.
    std::unordered_map<socket_no, std::shared_ptr<http_connection>> connections;
    std::vector<std::shared_ptr<http_connection>> unflushed;
    std::string date;
    instant date_of{};
    // Shared only to be watched: a turn that was asked for may come after the server is gone.
    std::shared_ptr<char> alive = std::make_shared<char>();

    void accept();
    void admit(boost::asio::ip::tcp::socket socket);
    void look_for_the_slow();
    void flush_soon(std::shared_ptr<http_connection> which);
    void flush_all();
    /// The Date header, made once a second.
    const std::string& date_now();
};

/// One connection: first HTTP, then perhaps a WebSocket. After `leave` it touches the server no more.
class http_connection : public std::enable_shared_from_this<http_connection> {
public:
    http_connection(http_floor& server, boost::asio::ip::tcp::socket socket, socket_no number);

    void read();
    void send_text(std::string_view text);
    void say_goodbye(close_code why);
    void flush();
    /// The answer to the request that waits for one.
    void reply_late(http_reply given);
    bool marked = false;  ///< stands in the floor's `unflushed`
    /// Closes the socket and tells the server and its guest.
    void leave();
    /// The server is going: closes the socket and tells nobody.
    void abandon();
    void silence() { silent_ = true; }
    [[nodiscard]] bool left() const { return server_ == nullptr; }
    /// Ends what has been idle, half-sent or unread for too long.
    void hold_against(instant now);

private:
    void prepare_parser();
    void work();
    bool take_request();
    bool take_messages();
    void refuse_request(const boost::system::error_code& why);
    void meet(const http_request& request);
    bool wants_websocket() const;
    void open_websocket(const http_request& request);
    void reply(http_reply given);
    void write_reply(const http_reply& given);

    http_floor* server_;  ///< nothing once the connection has left
    boost::asio::ip::tcp::socket socket_;
    socket_no number_;
    std::array<char, 16384> chunk_{};
    std::string in_;
    std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
    frame_reader frames_;
    std::string out_;
    std::size_t written_ = 0;
    instant since_{};          ///< when the connection last did something that counts against idleness
    instant stalled_ = never;  ///< since when the kernel takes nothing
    bool reading_ = false;
    bool waiting_ = false;    ///< a reply is held back; the requests behind it wait
    bool last_ = false;       ///< nothing more is read; closed when all is written
    bool keeps_ = true;       ///< the request being answered lets the connection live on
    bool bodiless_ = false;   ///< the request being answered is a HEAD
    bool continued_ = false;  ///< 100 Continue was said for the request being read
    bool websocket_ = false;
    bool silent_ = false;
};

/// What a server keeps behind its own header.
struct http_server::inside : http_floor {
    using http_floor::http_floor;
};

}  // namespace td::sim_server
