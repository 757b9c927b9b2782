#include "src/cli/run.h"

int main(int count, char** words) {
  return twofold::cli::run(std::vector<std::string>(words + 1, words + count));
}
