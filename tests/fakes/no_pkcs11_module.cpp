// A shared object without C_GetFunctionList.
extern "C" __attribute__((visibility("default"))) int no_pkcs11_module() {
  return 0;
}
