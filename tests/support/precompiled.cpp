// The program that the precompiled header of the tests is built with.
int main() {}
