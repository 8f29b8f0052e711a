// The whole library links, and libtorch's headers and libraries come along with it.
#include <c10/core/ScalarType.h>
#include <sfv/core/version.h>

#include <iostream>

int main() {
  std::cout << "sfv " << sfv::version() << ", tensors of type " << c10::toString(c10::ScalarType::Float)
            << "\n";
}
