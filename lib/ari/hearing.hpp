#pragma once
// Whether Asterisk still tells this line what happens in its application. A socket can lose its application without a
// word: where an older socket of the same application closes in the very moment in which a newer one takes it, the end
// of the older one takes it from the newer (seen on 22.10.1), and from then on the line is open, answers every ping,
// and hears nothing more. So a line that has been quiet for a while says a word to its own application, and expects to
// hear it. Pure: the time comes from outside, the word is sent by the desk.

#include <cstdint>

#include "ari/options.hpp"
#include "base/instant.hpp"

namespace td::ari {

class hearing {
public:
    enum class duty : std::uint8_t {
        none,
        say,      ///< a word to ourselves is to be sent; `answered` follows
        deaf,     ///< the line hears nothing any more: it is to be made anew
        unknown,  ///< silence proves nothing here; for some minutes nothing is said
    };

    explicit hearing(const limits& limit) : limit_(limit) {}

    /// The line is up and Asterisk's state is known. An extra call is harmless.
    void begin(instant now);
    /// The line is lost.
    void end() { how_ = state::off; }
    /// Some event came on the line.
    void heard(instant now);
    /// It was our own word.
    void heard_itself(instant now);
    /// What a reply to a word says of the application.
    enum class answer : std::uint8_t {
        said,     ///< it was sent to whoever holds it
        nobody,   ///< nobody holds it
        useless,  ///< a status that says nothing of it, or no reply
    };
    /// The reply to the word of that number; to an earlier one it is ignored.
    void answered(unsigned word, answer what, instant now);
    /// The number of the word that is to be said, or was said last.
    [[nodiscard]] unsigned word() const { return word_; }

    [[nodiscard]] duty advance(instant now);
    [[nodiscard]] instant next_deadline() const;

private:
    enum class state : std::uint8_t { off, quiet, saying, expecting, deaf };

    [[nodiscard]] duty doubt(instant now);
    [[nodiscard]] duty rest(instant now);

    limits limit_;
    state how_ = state::off;
    instant since_{};   ///< of this state, or of the last event
    instant looked_{};  ///< by advance
    unsigned word_ = 0;
    bool heard_ = false;    ///< something, since the word
    bool echoes_ = false;   ///< this Asterisk has let us hear ourselves
    unsigned doubts_ = 0;   ///< lines made anew since we heard ourselves last
    unsigned useless_ = 0;  ///< replies, one after another
    instant rests_until_ = instant::min();
};

}  // namespace td::ari
