#pragma once
// Reads the HTTP/1.1 replies of one keep-alive connection (RFC 9112): any number of them, in any pieces. Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace td::ari {

struct http_reply {
    int status = 0;
    std::string body;
    bool last = false;  ///< the server will close: requests behind this one get no reply
};

class http_reader {
public:
    /// A body beyond `body_limit` bytes, or a head beyond 16 KiB, is an error.
    explicit http_reader(std::size_t body_limit) : body_limit_(body_limit) {}

    /// Appends the replies that are complete now. False when this is not HTTP or beyond a limit: close the connection.
    [[nodiscard]] bool take(std::string_view bytes, std::vector<http_reply>& out);
    /// The peer has closed: a body that ends with the connection is complete now.
    void finish(std::vector<http_reply>& out);

private:
    enum class state { head, sized, chunk_size, chunk, chunk_end, trailer, until_close };

    bool read_head(std::vector<http_reply>& out);
    bool read_field(std::string_view line);
    bool read_chunk_size();
    bool read_trailer(std::vector<http_reply>& out);
    bool read_body(std::vector<http_reply>& out);
    bool step(std::vector<http_reply>& out);
    void complete(std::vector<http_reply>& out);

    std::size_t body_limit_;
    state state_ = state::head;
    std::string buffer_;        ///< what is not understood yet
    std::size_t at_ = 0;        ///< how much of it is used up
    std::size_t searched_ = 0;  ///< how far the end of a line was looked for, so that a slow drip costs no square
    std::size_t missing_ = 0;   ///< bytes of the body or chunk that are still to come
    bool chunked_ = false;
    bool sized_ = false;
    bool stuck_ = false;  ///< the next step needs more bytes
    http_reply reply_;
};

}  // namespace td::ari
