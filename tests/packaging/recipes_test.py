#!/usr/bin/env python3
"""Holds the recipes for Yocto and Buildroot against the tree: what bitbake, kconfig and make would notice when they parse
them, and that every installed file gets into a package. Neither Yocto nor Buildroot is run.

  recipes_test.py SOURCE BUILD LIBRARY_DIRECTORY
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from bitbake import CLASSES, REFERENCE, Recipe, RecipeError

SOURCE, BUILD = (pathlib.Path(each) for each in sys.argv[1:3])
LIBRARY_DIRECTORY = sys.argv[3]
YOCTO = SOURCE / "config/yocto/recipes-connectivity/fleet-provision"
BUILDROOT = SOURCE / "config/buildroot"

# What CMake looks for, and the names of its recipe in Yocto and of its package in Buildroot; tests are not built there.
LIBRARIES = {
    "OpenSSL": ("openssl", "openssl"), "tl-expected": ("tl-expected", "tl-expected"),
    "nlohmann_json": ("nlohmann-json", "json-for-modern-cpp"), "eclipse-paho-mqtt-c": ("paho-mqtt-c", "paho-mqtt-c"),
    "PahoMqttCpp": ("paho-mqtt-cpp", "paho-mqtt-cpp"), "CLI11": ("cli11", "cli11"), "libcbor": ("libcbor", "libcbor"),
    "tss2/tss2_esys.h": ("tpm2-tss", "tpm2-tss"), "p11-kit-1": ("p11-kit", "p11-kit"), "Threads": None,
    "PkgConfig": (None, "host-pkgconf"), "csv.h": ("batch:libcsv", None), "mosquitto_broker.h": ("simulator:mosquitto", None),
    "mosquitto.h": ("simulator:mosquitto", None)}


def read(path):
    return (SOURCE / path).read_text(encoding="utf-8")


def wanted_by_cmake():
    lists = [SOURCE / "CMakeLists.txt", *SOURCE.glob("lib/**/CMakeLists.txt"), *SOURCE.glob("apps/**/CMakeLists.txt")]
    text = "\n".join(each.read_text(encoding="utf-8") for each in lists)
    return set(re.findall(r"^\s*find_package\((\S+?)[ )]", text, re.M)) | \
        set(re.findall(r"^\s*pkg_check_modules\(\S+(?: [A-Z_]+)* ([a-z0-9.-]+)\)", text, re.M)) | \
        set(re.findall(r"^\s*find_path\(\S+ (\S+?)[ )]", text, re.M))


def cmake_options():
    texts = [read("CMakeLists.txt"), read("config/cmake/install.cmake"), read("config/cmake/documents.cmake")]
    return set(re.findall(r"(?:option|set|find_program)\((FLEET_PROVISION_[A-Z_]+) ", "\n".join(texts)))


def version():
    return re.search(r"^## \[([0-9.]+)\] - ", read("CHANGELOG.md"), re.M)[1]


def installed_files():
    """Of all components, as a recipe that sets libdir to /usr/lib installs them."""
    with tempfile.TemporaryDirectory() as stage:
        subprocess.run(["cmake", "--install", str(BUILD), "--prefix", "/usr"], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "DESTDIR": stage})
        files = [str(each.relative_to(stage)) for each in pathlib.Path(stage).rglob("*") if not each.is_dir()]
    return sorted("/" + each.replace(f"usr/{LIBRARY_DIRECTORY}/", "usr/lib/") for each in files)


class Yocto(unittest.TestCase):
    def setUp(self):
        self.recipe = Recipe(next(YOCTO.glob("*.bb")))

    def test_every_recipe_is_read_and_its_classes_are_those_of_openembedded_core(self):
        recipes = [Recipe(each) for each in SOURCE.glob("config/yocto/*/*/*.bb")]
        self.assertEqual(len(recipes), 2)
        for recipe in recipes:
            self.assertLessEqual(recipe.classes, CLASSES)
            for value in recipe.values.values():
                recipe.expand(value)
            for needed in ("SUMMARY", "LICENSE", "LIC_FILES_CHKSUM", "SRC_URI", "SRCREV", "S"):
                self.assertIn(needed, recipe.values, f"{recipe.package} does not set {needed}")
            self.assertRegex(recipe.values["SRC_URI"], r"^git://[^;]+;protocol=https;branch=[a-z]+$")

    def test_the_version_is_that_of_the_changelog(self):
        self.assertEqual(self.recipe.version, version())

    def test_the_checksum_of_the_licence_is_right(self):
        file, checksum = re.fullmatch(r"file://(\S+);md5=([0-9a-f]{32})", self.recipe.values["LIC_FILES_CHKSUM"]).groups()
        self.assertEqual(checksum, hashlib.md5((SOURCE / file).read_bytes()).hexdigest())

    def test_what_cmake_looks_for_is_in_depends_and_nothing_else(self):
        self.assertEqual(wanted_by_cmake(), set(LIBRARIES))
        recipes = {each[0] for each in LIBRARIES.values() if each and each[0]}
        self.assertEqual(set(self.recipe.words("DEPENDS")), {each for each in recipes if ":" not in each})
        self.assertIn("pkgconfig", self.recipe.classes)
        for each in (each.split(":") for each in recipes if ":" in each):
            self.assertIn(each[1], self.recipe.flags["PACKAGECONFIG"][each[0]].split(",")[2].split())

    def test_each_option_for_cmake_exists_and_is_one_argument(self):
        configured = [each for value in self.recipe.flags["PACKAGECONFIG"].values() for each in value.split(",")[:2]]
        given = self.recipe.values["EXTRA_OECMAKE"].split() + configured
        for option in given:
            name, value = re.fullmatch(r"-D([A-Z_]+)=(\S*)", option).groups()
            self.assertIn(name, cmake_options())
            # With the class ccache, BUILD_CXX is two words, of which CMake would take the second as a directory.
            self.assertNotIn("BUILD_CXX", REFERENCE.findall(value))
        options = {each.split("=")[0][2:] for each in given}
        self.assertGreaterEqual(options, {"FLEET_PROVISION_TESTS", "FLEET_PROVISION_SIMULATOR", "FLEET_PROVISION_BATCH"})

    def test_every_installed_file_is_in_the_right_package(self):
        files = installed_files()
        self.assertGreater(len(files), 60)
        packages = {each: self.recipe.package_of(each) for each in files}
        self.assertEqual([each for each, package in packages.items() if package is None], [])
        expected = {"/usr/bin/fleet-provision": "", "/usr/bin/fleet-provision-simulator": "-simulator",
                    "/usr/lib/fleet-provision/fleet-provision-simulator-plugin.so": "-simulator",
                    "/usr/lib/systemd/system/fleet-provision.service": "", "/usr/lib/sysusers.d/fleet-provision.conf": "",
                    "/usr/share/fleet-provision/config.schema.json": "", "/usr/share/man/man1/fleet-provision.1": "-doc",
                    "/usr/share/bash-completion/completions/fleet-provision": "-completions",
                    "/usr/lib/libfleet-provision-core.a": "-staticdev", "/usr/lib/pkgconfig/fleet-provision.pc": "-dev",
                    "/usr/include/fleet-provision/core/result.hpp": "-dev"}
        for file, package in expected.items():
            self.assertEqual(packages.get(file), "fleet-provision" + package, file)
        for unit in self.recipe.words("SYSTEMD_SERVICE:fleet-provision"):
            self.assertIn(f"/usr/lib/systemd/system/{unit}", files)

    def test_the_user_is_that_of_the_unit(self):
        name, home = re.search(r"^u (\S+) - \"[^\"]*\" (\S+)$", read("config/systemd/fleet-provision.sysusers"), re.M).groups()
        words = self.recipe.words("USERADD_PARAM:fleet-provision")
        self.assertEqual((words[-1], words[words.index("--home-dir") + 1]), (name, home))

    def test_functions_are_shell(self):
        for body in self.recipe.functions.values():
            shell = subprocess.run(["sh", "-n"], input=self.recipe.expand(re.sub(r"\$\{@.*?\}", "true", body)), text=True,
                                   capture_output=True, check=False)
            self.assertEqual(shell.stderr, "")

    def test_the_reader_refuses_what_bitbake_would(self):
        for line in ("DEPEND = \"openssl\"", "FILES_${PN} = \"/usr\"", "DEPENDS = openssl", "DEPENDS \"openssl\"", "do_install {"):
            with self.assertRaises(RecipeError, msg=line):
                self.recipe.take(line)
        with self.assertRaises(RecipeError):
            self.recipe.expand("${libdirr}/x")
        self.assertIsNone(self.recipe.package_of("/usr/lib/elsewhere/file"))


@unittest.skipUnless(shutil.which("make"), "make is not installed")
class BuildrootMakefile(unittest.TestCase):
    def setUp(self):
        with tempfile.TemporaryDirectory() as directory:
            makefile = pathlib.Path(directory) / "Makefile"
            # What Buildroot gives to the files of an external tree, and a package infrastructure that does nothing.
            makefile.write_text(f"""BR2_EXTERNAL_FLEET_PROVISION_PATH = {BUILDROOT}
HOSTCXX_NOCCACHE = /usr/bin/g++ -O2
INSTALL = install
TARGET_DIR = /target
cmake-package =
include {BUILDROOT}/external.mk
.PHONY: tell
tell:
\t$(foreach each,$(filter FLEET_PROVISION_%,$(.VARIABLES)),$(info $(each)|$(strip $($(each)))))@:
""", encoding="utf-8")
            made = subprocess.run(["make", "--no-print-directory", "--warn-undefined-variables", "-rRf", str(makefile)], text=True,
                                  capture_output=True, check=False)
        self.assertEqual((made.returncode, [each for each in made.stderr.split("\n") if "FLEET_PROVISION_PKGDIR" not in each]),
                         (0, [""]), made.stderr)
        self.values = dict(each.split("|", 1) for each in made.stdout.split("\n") if re.match(r"FLEET_PROVISION_\w+\|", each))

    def test_the_package_is_that_of_the_tree(self):
        self.assertEqual(self.values["FLEET_PROVISION_VERSION"], version())
        self.assertTrue((pathlib.Path(self.values["FLEET_PROVISION_SITE"]) / "CMakeLists.txt").exists())
        self.assertTrue((SOURCE / self.values["FLEET_PROVISION_LICENSE_FILES"]).exists())
        self.assertIn("S60fleet-provision", self.values["FLEET_PROVISION_INSTALL_INIT_SYSV"])
        self.assertTrue((BUILDROOT / "fleet-provision/S60fleet-provision").exists())
        self.assertEqual(len(self.values["FLEET_PROVISION_USERS"].split()[:8]), 8)

    def test_what_cmake_looks_for_is_a_dependency_and_selected(self):
        packages = {each[1] for each in LIBRARIES.values() if each and each[1]}
        self.assertEqual(set(self.values["FLEET_PROVISION_DEPENDENCIES"].split()), packages)
        selected = re.findall(r"^\tselect BR2_PACKAGE_(\w+)", read("config/buildroot/fleet-provision/Config.in"), re.M)
        self.assertEqual(set(selected), {each.upper().replace("-", "_") for each in packages if not each.startswith("host-")})

    def test_each_option_for_cmake_exists(self):
        options = dict(each[2:].split("=", 1) for each in self.values["FLEET_PROVISION_CONF_OPTS"].split())
        self.assertLessEqual(set(options), cmake_options())
        self.assertEqual(options["FLEET_PROVISION_HOST_CXX"], "/usr/bin/g++")


@unittest.skipUnless(shutil.which("kconfig-conf"), "kconfig-frontends-nox is not installed")
class BuildrootConfiguration(unittest.TestCase):
    def configured(self, without=""):
        """Whether the package can be chosen in a Buildroot that has all it needs except for one symbol."""
        text = read("config/buildroot/fleet-provision/Config.in")
        selected = set(re.findall(r"select (\w+)", text))
        needed = set(re.findall(r"BR2_\w+", text)) - selected - {"BR2_PACKAGE_FLEET_PROVISION"}
        with tempfile.TemporaryDirectory() as directory:
            top = pathlib.Path(directory)
            symbols = "".join(f"config {each}\n\tbool \"{each}\"\n" for each in sorted(needed | selected))
            # As Buildroot's own file about external trees gives the path.
            symbols += f"config BR2_EXTERNAL_FLEET_PROVISION_PATH\n\tstring\n\tdefault \"{BUILDROOT}\"\n"
            (top / "Kconfig").write_text(f"{symbols}source \"{BUILDROOT}/Config.in\"\n", encoding="utf-8")
            answers = [f"{each}=y" for each in needed if each not in ("BR2_STATIC_LIBS", without)]
            (top / ".config").write_text("\n".join(answers + ["BR2_PACKAGE_FLEET_PROVISION=y"]) + "\n", encoding="utf-8")
            done = subprocess.run(["kconfig-conf", "--olddefconfig", "Kconfig"], cwd=top, text=True, capture_output=True, check=False,
                                  env={**os.environ, "CONFIG_": ""})
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            lines = set((top / ".config").read_text(encoding="utf-8").split("\n"))
        self.assertGreater(len(selected), 7)
        return "BR2_PACKAGE_FLEET_PROVISION=y" in lines and {f"{each}=y" for each in selected} <= lines

    def test_kconfig_reads_it_and_what_is_missing_keeps_it_from_being_chosen(self):
        self.assertTrue(self.configured())
        for symbol in ("BR2_INSTALL_LIBSTDCPP", "BR2_TOOLCHAIN_HAS_THREADS", "BR2_TOOLCHAIN_GCC_AT_LEAST_12"):
            self.assertFalse(self.configured(without=symbol), symbol)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
