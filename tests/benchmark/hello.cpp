// The least that a C++ program linked to the libraries of fleet-provision costs to start; link_hello links it to them.
#include <iostream>

int main() {
  std::cout << "hello, world\n";
  return 0;
}
