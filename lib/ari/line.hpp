#pragma once
// The events line: a WebSocket that is made again for ever. It says when it is up, lost, and what it hears; it pings
// every second, because packets that just vanish are told by nobody. Pure: the connection and the time come from
// outside.
//
// The WebSocket takes the application from whoever has it, so the first one is preceded by a question on the same
// connection: may this user act at all? A reader who found that out afterwards would have robbed a worker that can.

#include <optional>
#include <string>
#include <string_view>

#include "ari/frames.hpp"
#include "ari/http_reader.hpp"
#include "ari/options.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace td::ari {

/// The one connection of the line, and who listens to it.
class line_ends {
public:
    virtual ~line_ends() = default;
    /// Begins to connect; `opened` or `closed` follows, but never within this call.
    virtual void open_line() = 0;
    /// Closes at once; nothing of this connection may be reported afterwards.
    virtual void close_line() = 0;
    virtual void send_line(std::string_view bytes) = 0;

    virtual void line_up() = 0;
    /// Asterisk lets this user act: the handshake follows, unless the line is stopped in this call.
    virtual void line_allowed() = 0;
    /// It was up and is not any more.
    virtual void line_lost(std::string_view why) = 0;
    virtual void line_heard(std::string_view message) = 0;
    /// An attempt failed, for the log; the next one comes by itself.
    virtual void line_failed(std::string_view why) = 0;
    /// Asterisk does not let this worker in, or act, 401 or 403, and never has. The line has stopped. Where it has
    /// before, that is a line_failed, and is tried again.
    virtual void line_refused(failure why) = 0;
};

class line {
public:
    /// Of what is sent. `target` is the path with its query, `fixed` the header lines with their CRLFs.
    struct words {
        std::string question;  ///< a whole request that only a user who may act is not refused with 403
        std::string target;
        std::string fixed;
    };
    /// `seed` is for jitter and masks.
    line(const limits& limit, words said, line_ends& ends, std::uint64_t seed);

    void start(instant now);
    /// Says goodbye (close code 1000) and closes; nothing is reported any more.
    void stop();

    void opened(instant now);
    void closed(std::string_view why, instant now);
    void received(std::string_view bytes, instant now);
    /// It is up, but of no use any more: it is made anew. Nothing happens while it is not up.
    void cut(std::string_view why, instant now);
    /// Sends a text message; nothing happens while the line is not up.
    void send(std::string_view text);

    [[nodiscard]] bool up() const { return how_ == state::up; }
    /// Serves what is due. An extra call is harmless.
    void advance(instant now);
    [[nodiscard]] instant next_deadline() const;

private:
    enum class state { stopped, waiting, opening, asking, shaking, up };

    void attempt(instant now);
    void lose(std::string_view why, instant now);
    void ask(instant now);
    void hear_answer(const http_reply& answer, instant now);
    void refuse(int status, instant now);
    void begin_to_shake(instant now);
    void shake(instant now);
    void read(std::string_view bytes, instant now);
    void frame(opcode kind, std::string_view payload);
    void send_frame(opcode kind, std::string_view payload);
    void watch(instant now);

    limits limit_;
    words said_;
    line_ends& ends_;
    random_source random_;
    state how_ = state::stopped;
    instant due_ = never;  ///< the next attempt, or the end of the one under way
    duration pause_{};
    bool was_up_ = false;    ///< nobody need be asked any more
    bool answered_ = false;  ///< the next connection is for the handshake: the one of the answer was closed behind it
    http_reader answer_;
    std::string nonce_;
    std::string head_;  ///< of the reply to the handshake
    frame_reader reader_;
    std::string close_reason_;  ///< set by a close frame
    std::string out_;           ///< kept for its memory
    instant up_since_{};
    instant heard_{};
    instant pinged_{};
    instant watched_{};
};

}  // namespace td::ari
