# For a layer of one's own beside meta-oe. Written after the documentation of Yocto 5.0 and never built; docs/packaging.md
# says what to check.
SUMMARY = "Gives a Linux gateway its own AWS IoT identity, once, by claim"
SECTION = "net"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# Of p11-kit and tpm2-tss (layer meta-tpm of meta-security) only the headers are used.
DEPENDS = "openssl paho-mqtt-c paho-mqtt-cpp nlohmann-json cli11 libcbor tl-expected p11-kit tpm2-tss"

# Set both in the distribution's configuration: the repository's address without its scheme, and a commit.
FLEET_PROVISION_REPOSITORY ?= "git.example/fleet-provision.git"
FLEET_PROVISION_COMMIT ?= "${AUTOREV}"
SRC_URI = "git://${FLEET_PROVISION_REPOSITORY};protocol=https;branch=main"
SRCREV = "${FLEET_PROVISION_COMMIT}"
S = "${WORKDIR}/git"

inherit cmake pkgconfig systemd useradd

PACKAGECONFIG ??= ""
# For a station that provisions many gateways. meta-openembedded has no libcsv: write a recipe for it.
PACKAGECONFIG[batch] = "-DFLEET_PROVISION_BATCH=ON,-DFLEET_PROVISION_BATCH=OFF,libcsv"
PACKAGECONFIG[simulator] = "-DFLEET_PROVISION_SIMULATOR=ON,-DFLEET_PROVISION_SIMULATOR=OFF,mosquitto,mosquitto"

# The compiler of the small program that writes the manual pages and completions. Not BUILD_CXX, which with the class
# ccache is two words.
EXTRA_OECMAKE = "-DFLEET_PROVISION_TESTS=OFF -DFLEET_PROVISION_HOST_CXX=${BUILD_PREFIX}g++ \
    -DFLEET_PROVISION_UNIT_DIR=${systemd_system_unitdir}"

SYSTEMD_SERVICE:${PN} = "fleet-provision.service fleet-provisioned.path"

# The same user as config/systemd/fleet-provision.sysusers, made while the image is.
USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = "--system --user-group --no-create-home --home-dir ${localstatedir}/lib/fleet-provision \
    --shell /sbin/nologin fleet-provision"

do_install:append() {
    install -d ${D}${sysconfdir}/fleet-provision/config.d
    if ! ${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'true', 'false', d)}; then
        rm -rf ${D}${systemd_system_unitdir} ${D}${nonarch_libdir}/sysusers.d ${D}${nonarch_libdir}/tmpfiles.d
    fi
}

PACKAGES =+ "${PN}-simulator ${PN}-completions"
FILES:${PN}-simulator = "${bindir}/fleet-provision-simulator ${libdir}/fleet-provision"
# Of both programs, since a shell reads them only when one asks for them.
FILES:${PN}-completions = "${datadir}/bash-completion ${datadir}/zsh ${datadir}/fish"
FILES:${PN} += "${systemd_system_unitdir} ${nonarch_libdir}/sysusers.d ${nonarch_libdir}/tmpfiles.d \
    ${datadir}/fleet-provision"
# Static archives of the library, its CMake package and .pc file.
FILES:${PN}-dev += "${libdir}/cmake"
RRECOMMENDS:${PN} = "ca-certificates"
# For keys in a TPM or a PKCS#11 token; loaded when such a key is used.
RSUGGESTS:${PN} = "libtss2 p11-kit"
