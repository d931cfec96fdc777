#include "story/teller.hpp"

#include "story/builder.hpp"

namespace td::story {

call_story tell(const call_lines& lines) {
    builder made(lines);
    for (const journal::entry& each : lines.lines) {
        made.take(each);
    }
    return made.finish();
}

}  // namespace td::story
