#include <sfv/core/version.h>

#include <iostream>

int main() {
  std::cout << "sfv " << sfv::version() << "\n";
}
