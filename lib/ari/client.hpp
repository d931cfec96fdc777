#pragma once
// Asterisk, 16.28 to 22 and newer, as the pbx of a worker: its events become facts, the worker's commands become REST
// requests, and a cut line is mended for ever. Everything runs on the one loop whose executor is given; the facts come
// on it too, never from within a command.

#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>

#include "ari/options.hpp"
#include "base/result.hpp"
#include "ports/ports.hpp"

namespace td::ari {

class client final : public ports::pbx {
public:
    /// What the client calls; all but `fatal` from the moment of `start`.
    struct surroundings {
        ports::fact_sink facts;
        std::function<call_id()> name_call;  ///< a new name for the call of a panel that arrives
        log_sink log;
        /// This worker cannot go on, told once: bad_input (the URL), not_allowed (401: the password; 403: a
        /// read-only user, found out before anything was taken), taken (another worker took the application's name).
        /// The client has stopped by then.
        std::function<void(failure)> fatal;
        /// How long the claim of a call that StasisBroadcast() offers is held back; nothing: it is left to others.
        /// Without it every one is claimed at once.
        std::function<std::optional<duration>()> hold = {};
    };

    client(boost::asio::any_io_executor loop, options wanted, surroundings around);
    /// Closes everything at once.
    ~client() override;
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    /// Connects, and connects again for ever. Before the first WebSocket, which takes the application from whoever has
    /// it, Asterisk is asked whether this user may act.
    void start();
    /// Only asks that, again and again until Asterisk answers, and takes nothing. Then the client is over and calls
    /// `allowed`, or `fatal`.
    void ask(std::function<void()> allowed);
    /// Lets the requests under way have their replies for limits::farewell, says goodbye on the WebSocket, closes every
    /// connection, then calls `closed` on the loop. Commands before `start`, and after the end,
    /// are ignored and bring no fact.
    void stop(std::function<void()> closed);

    /// Makes no line any more: somebody else takes the application, or has it. When the line is lost, or is down now,
    /// the client is over and says so by `fatal`, taken.
    void renounce();

    /// True once it was stopped, or has told `fatal`.
    [[nodiscard]] bool over() const;
    /// True while events come and Asterisk's state is known: from pbx_seen to pbx_line_lost.
    [[nodiscard]] bool connected() const;
    /// True while the event line is up; Asterisk's state may not be known yet.
    [[nodiscard]] bool reached() const;
    /// What went wrong last while it was not connected, in words; empty when nothing has.
    [[nodiscard]] const std::string& trouble() const;
    [[nodiscard]] const counters& counted() const;

    void carry_out(const call::sound& wish) override;
    void carry_out(const call::dial& wish) override;
    void carry_out(const call::call_out& wish) override;
    void carry_out(const call::make_bridge& wish) override;
    void carry_out(const call::answer_panel& wish) override;
    void carry_out(const call::join& wish) override;
    void carry_out(const call::drop_leg& wish) override;
    void carry_out(const call::drop_panel& wish) override;
    void carry_out(const call::give_back& wish) override;
    void carry_out(const call::remove_bridge& wish) override;
    void carry_out(const call::send_keys& wish) override;
    void carry_out(const call::drop_stray& wish) override;
    void carry_out(const call::remove_stray_bridge& wish) override;

private:
    class insides;
    /// Shared with the completions still on the loop, which find it stopped.
    std::shared_ptr<insides> insides_;
};

}  // namespace td::ari
