// The one place where Boost.Asio and Boost.Beast are compiled; every other file only sees their declarations.

#include <utility>  // Boost 1.74's Asio uses std::exchange without including it

#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
