// Gives the precompiled header of the tests a program to belong to.
int main() {}
