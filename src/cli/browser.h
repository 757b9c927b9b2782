#pragma once

#include <string>

namespace twofold::cli {

/// Whether somebody sits before a screen here: stdout is a terminal, and there is a display.
bool has_display();

/// Has the desktop open the address (xdg-open). Does not wait; a desktop that cannot is no error:
/// the address was printed.
void open_in_browser(const std::string& url);

}  // namespace twofold::cli
