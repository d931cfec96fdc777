#pragma once
// A table for people: columns as wide as their widest cell. What is in a cell is made safe for a terminal.

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace td::cmd {

struct column {
    enum class side : std::uint8_t { left, right };
    std::string title;
    side align = side::left;
};

class table {
public:
    explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}
    /// One cell a column; an empty one is printed as '-'.
    void row(std::vector<std::string> cells);
    /// The titles and the rows; nothing at all when there is no row.
    void print(std::ostream& out) const;

private:
    std::vector<column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace td::cmd
