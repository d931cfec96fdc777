#pragma once
// The codec of what we ask of Asterisk: a command becomes one REST request. Pure. Nothing of others gets into a path, a
// query or a dial string without being encoded or refused.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ari/options.hpp"
#include "base/instant.hpp"
#include "call/commands.hpp"

namespace td::ari {

enum class method : std::uint8_t { get, post, put, del };
[[nodiscard]] std::string_view name_of(method verb);

/// What a request is for; decides what its reply means.
enum class errand : std::uint8_t {
    sound,
    dial,
    create,      ///< of a call_out that is made first
    dial_out,    ///< … and dialled then
    check_dial,  ///< GET of a leg whose originate had no reply, or one that proves nothing
    bridge,
    answer,
    join,
    drop_leg,
    drop_panel,
    give_back,
    remove_bridge,
    send_keys,
    drop_stray,
    remove_stray,
    claim,  ///< takes a channel out of StasisBroadcast()
    probe,  ///< does Asterisk answer requests on the WebSocket?
    filter,
    see_application,
    see_channels,
    see_bridges,
    see_release,  ///< which Asterisk it is
    speak,        ///< a word to the own application, to hear whether the line still hears
};
[[nodiscard]] std::string_view name_of(errand what);

/// A status that says it was done.
[[nodiscard]] constexpr bool is_good(int status) {
    return status >= 200 && status < 300;
}

/// Of a request that names an application: nobody holds it. Asterisk's own words (16.28, 22.10), so that a gateway's
/// 404 for a path that it does not pass on is not taken for it.
[[nodiscard]] constexpr bool is_unknown_application(int status, std::string_view body) {
    return status == 404 && body.find("Application not found") != std::string_view::npos;
}

/// Requests of the same key are carried out in their order; those of different keys may overtake each other.
struct order_key {
    call_id call;
    std::int16_t lane = 0;  ///< the number of a leg, or one of those below
    static constexpr std::int16_t trunk = 100;
    static constexpr std::int16_t stray = 101;
    static constexpr std::int16_t picture = 102;
    static constexpr std::int16_t claim = 103;
    static constexpr std::int16_t word = 104;
    friend bool operator==(const order_key&, const order_key&) = default;
};

/// One REST request on its way.
struct exchange {
    std::uint64_t number = 0;  ///< chosen by the desk, never twice
    errand what = errand::probe;
    order_key key;
    leg_no leg;
    method verb = method::get;
    std::string target;       ///< below /ari/, with its query: channels/td.…/ring
    std::string body;         ///< JSON or empty
    std::string again;        ///< of check_dial: the target of the originate
    instant deadline{};       ///< no reply by then: it has failed
    bool second_try = false;  ///< of dial and check_dial: an earlier originate had no reply
    duration rings{};         ///< of create: how long the leg may ring
    unsigned losses = 0;      ///< how often its reply was lost
    unsigned round = 0;       ///< of a picture's requests: which picture; of a word: which word
};

/// The requests of one application. A command that cannot be asked safely has none.
class request_maker {
public:
    explicit request_maker(const options& wanted);

    /// Sound `none` has no request, and neither has a panel's channel that would break out of its path.
    [[nodiscard]] std::optional<exchange> make(const call::sound& wish) const;
    /// None when the account, or a panel in the dial string, is not dialable(). The limit becomes whole seconds,
    /// rounded up.
    [[nodiscard]] std::optional<exchange> make(const call::dial& wish) const;
    /// None when the target, or a place in the dial string, is not dialable(). Of the early way it is the first request
    /// of two; the second is `dial_out`.
    [[nodiscard]] std::optional<exchange> make(const call::call_out& wish) const;
    [[nodiscard]] std::optional<exchange> make(const call::make_bridge& wish) const;
    [[nodiscard]] std::optional<exchange> make(const call::answer_panel& wish) const;
    [[nodiscard]] std::optional<exchange> make(const call::join& wish) const;
    [[nodiscard]] std::optional<exchange> make(const call::drop_leg& wish) const;
    [[nodiscard]] std::optional<exchange> make(const call::drop_panel& wish) const;
    [[nodiscard]] std::optional<exchange> make(const call::give_back& wish) const;
    [[nodiscard]] std::optional<exchange> make(const call::remove_bridge& wish) const;
    /// None when there are no keys, more than 32, or any but 0-9 * # A-D.
    [[nodiscard]] std::optional<exchange> make(const call::send_keys& wish) const;
    [[nodiscard]] std::optional<exchange> make(const call::drop_stray& wish) const;
    [[nodiscard]] std::optional<exchange> make(const call::remove_stray_bridge& wish) const;

    /// Dials the leg that `made`, a create, has made.
    [[nodiscard]] static exchange dial_out(const exchange& made);
    [[nodiscard]] exchange claim(std::string_view channel) const;
    [[nodiscard]] exchange probe() const;
    /// Changes nothing, but is refused to a user who may only read.
    [[nodiscard]] exchange question_of_rights() const;
    [[nodiscard]] exchange filter() const;
    [[nodiscard]] exchange see(errand part) const;
    /// Asterisk sends the application a ChannelUserevent named `own_word`: 204, or 404 when nobody holds it.
    [[nodiscard]] exchange speak() const;
    [[nodiscard]] const std::string& app() const { return app_; }
    static constexpr std::string_view own_word = "tdctl.hears";

private:
    std::string app_;
    std::string dial_;
    std::string callback_dial_;
    site_form site_;
    call::line which_;
};

/// The request as HTTP/1.1, appended to `out`. `fixed` are the header lines that never change, each with its CRLF.
void append_http(std::string& out, const exchange& request, std::string_view base, std::string_view fixed);
/// The request as Asterisk's RESTRequest message for the WebSocket (20.14, 22.4).
[[nodiscard]] std::string socket_text(const exchange& request);

}  // namespace td::ari

template <>
struct std::hash<td::ari::order_key> {
    std::size_t operator()(const td::ari::order_key& key) const noexcept {
        return std::hash<td::call_id>{}(key.call) ^ (static_cast<std::size_t>(key.lane) * 0x9e3779b97f4a7c15U);
    }
};
