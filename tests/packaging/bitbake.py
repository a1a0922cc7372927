"""Reads a recipe of BitBake, as far as ours use its language: assignments, inherit, PACKAGECONFIG, functions of the shell.

What follows the BitBake manual ("Basic Syntax") and meta/conf/bitbake.conf of Yocto 5.0. It replaces no bitbake: layers,
classes, and python functions are not run. Whatever it does not understand is an error.
"""

import fnmatch
import re

ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z0-9_${}:/.+-]+?)(?:\[(?P<flag>[a-zA-Z0-9_-]+)\])?\s*"
                        r"(?P<how>\?\?=|\?=|:=|\+=|=\+|\.=|=\.|=)\s*\"(?P<value>[^\"]*)\"")
FUNCTION = re.compile(r"(?P<name>[a-z_]+(?::(?:append|prepend))?)\s*\(\)\s*\{")
REFERENCE = re.compile(r"\$\{([^{}@]+)\}")
PYTHON = re.compile(r"\$\{@(.*?)\}")

# Of bitbake.conf and systemd.bbclass, for a system with a merged /usr.
DIRECTORIES = {
    "prefix": "/usr", "bindir": "/usr/bin", "sbindir": "/usr/sbin", "libdir": "/usr/lib", "libexecdir": "/usr/libexec",
    "nonarch_libdir": "/usr/lib", "base_libdir": "/usr/lib", "datadir": "/usr/share", "mandir": "/usr/share/man",
    "docdir": "/usr/share/doc", "infodir": "/usr/share/info", "includedir": "/usr/include", "sysconfdir": "/etc",
    "localstatedir": "/var", "sharedstatedir": "/com", "systemd_system_unitdir": "/usr/lib/systemd/system"}
# What a recipe may use without setting it.
GIVEN = {"WORKDIR", "D", "S", "B", "AUTOREV", "BUILD_PREFIX"} | set(DIRECTORIES)
# What a recipe may set; a name that is not here is a slip of the pen, which bitbake would take as a variable of ours.
VARIABLES = {"SUMMARY", "HOMEPAGE", "SECTION", "LICENSE", "LIC_FILES_CHKSUM", "DEPENDS", "SRC_URI", "SRCREV", "S",
             "PACKAGECONFIG", "EXTRA_OECMAKE", "SYSTEMD_SERVICE", "USERADD_PACKAGES", "USERADD_PARAM", "PACKAGES", "FILES",
             "RRECOMMENDS", "RSUGGESTS", "RDEPENDS", "ALLOW_EMPTY", "BBCLASSEXTEND"}
CLASSES = {"cmake", "pkgconfig", "systemd", "useradd"}  # those of openembedded-core that ours inherit
FILES = {  # bitbake.conf, in the order of PACKAGES; the first package that names a file gets it
    "src": "", "dbg": "/usr/lib/debug /usr/src/debug", "staticdev": "${libdir}/*.a ${libdir}/${BPN}/*.a",
    "dev": "${includedir} ${libdir}/*.la ${libdir}/*.o ${libdir}/pkgconfig ${datadir}/pkgconfig ${libdir}/cmake ${datadir}/cmake",
    "doc": "${docdir} ${mandir} ${infodir}", "locale": "${datadir}/locale",
    "": "${bindir}/* ${sbindir}/* ${libexecdir}/* ${libdir}/lib*.so.* ${sysconfdir} ${sharedstatedir} ${localstatedir} "
        "${datadir}/${BPN} ${libdir}/${BPN}/*"}


class RecipeError(Exception):
    pass


def joined_lines(text):
    """Logical lines with their numbers; a function is one of them."""
    number, lines = 0, text.split("\n")
    while number < len(lines):
        first, line = number + 1, lines[number]
        while line.endswith("\\"):
            number += 1
            if number == len(lines) or lines[number].startswith("#"):
                raise RecipeError(f"line {number + 1}: a continued line is followed by a comment or by nothing")
            line = line[:-1] + lines[number]
        if FUNCTION.fullmatch(line):
            while lines[number] != "}":
                number += 1
                if number == len(lines):
                    raise RecipeError(f"line {first}: the function does not end")
                line += "\n" + lines[number]
        number += 1
        yield first, line


class Recipe:
    def __init__(self, path):
        self.package, self.version = path.stem.rsplit("_", 1)
        self.values, self.flags, self.functions, self.classes = {}, {}, {}, set()
        for number, line in joined_lines(path.read_text(encoding="utf-8")):
            try:
                self.take(line)
            except RecipeError as error:
                raise RecipeError(f"{path.name}, line {number}: {error}") from error

    def take(self, line):
        if not line.strip() or line.startswith("#"):
            return
        assignment, function = ASSIGNMENT.fullmatch(line), FUNCTION.match(line)
        if line.startswith("inherit "):
            self.classes |= set(line.split()[1:])
        elif assignment:
            self.assign(**assignment.groupdict())
        elif function:
            self.functions[function["name"]] = line.split("\n", 1)[1].rsplit("\n", 1)[0]
        else:
            raise RecipeError(f"this is no assignment, inherit or function: {line}")

    def assign(self, name, flag, how, value):
        if flag:
            self.flags.setdefault(name, {})[flag] = value
            return
        name = name.replace("${PN}", self.package)
        base = name.split(":")[0]
        if base not in VARIABLES and not base.startswith(self.package.upper().replace("-", "_") + "_"):
            raise RecipeError(f"unknown variable {name}")
        before = self.values.get(name)
        if how in ("?=", "??="):
            self.values[name] = value if before is None else before
        elif how in ("+=", ".="):
            self.values[name] = (before or "") + (" " if how == "+=" else "") + value
        elif how in ("=+", "=."):
            self.values[name] = value + (" " if how == "=+" else "") + (before or "")
        else:
            self.values[name] = value

    def expand(self, text):
        """Without python expressions, which are only compiled."""
        for expression in PYTHON.findall(text):
            compile(expression, "recipe", "eval")
        known = {**DIRECTORIES, "PN": self.package, "BPN": self.package, "PV": self.version, **self.values}
        for _ in range(10):
            unknown = [each for each in REFERENCE.findall(text) if each not in known and each not in GIVEN]
            if unknown:
                raise RecipeError(f"nothing sets {', '.join(unknown)}")
            text = REFERENCE.sub(lambda each: known.get(each[1], "/" + each[1]), text)
        return text

    def words(self, name):
        return self.expand(self.values.get(name, "")).split()

    def packages(self):
        """Each package with the patterns of its files, in the order in which they take files."""
        usual = {f"{self.package}-{each}" if each else self.package: files for each, files in FILES.items()}
        for name in self.words("PACKAGES") + list(usual):
            own = self.values.get(f"FILES:{name}", "")
            yield name, self.expand(usual.get(name, "") + " " + own).split()

    def package_of(self, file):
        """The package that gets an installed file, or None. A pattern also takes all below a directory that it names."""
        parts = file.split("/")
        for name, patterns in self.packages():
            for pattern in patterns:
                upper = "/".join(parts[:pattern.rstrip("/").count("/") + 1])
                if fnmatch.fnmatchcase(upper, pattern.rstrip("/")):
                    return name
        return None
