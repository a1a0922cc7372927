################################################################################
#
# fleet-provision
#
################################################################################

# Never built by its authors; docs/packaging.md says what to check. SITE is a tree beside Buildroot, or set it to a
# repository and a VERSION of it.
FLEET_PROVISION_VERSION = 0.1.0
FLEET_PROVISION_SITE = $(BR2_EXTERNAL_FLEET_PROVISION_PATH)/../..
FLEET_PROVISION_SITE_METHOD = local
FLEET_PROVISION_LICENSE = Apache-2.0
FLEET_PROVISION_LICENSE_FILES = LICENSE
FLEET_PROVISION_DEPENDENCIES = \
	cli11 host-pkgconf json-for-modern-cpp libcbor openssl p11-kit paho-mqtt-c paho-mqtt-cpp \
	tl-expected tpm2-tss
FLEET_PROVISION_CONF_OPTS = \
	-DFLEET_PROVISION_TESTS=OFF \
	-DFLEET_PROVISION_SIMULATOR=OFF \
	-DFLEET_PROVISION_BATCH=OFF \
	-DFLEET_PROVISION_HOST_CXX=$(firstword $(HOSTCXX_NOCCACHE))

define FLEET_PROVISION_CONFIGURATION_DIRECTORY
	$(INSTALL) -d -m 0755 $(TARGET_DIR)/etc/fleet-provision/config.d
endef
FLEET_PROVISION_POST_INSTALL_TARGET_HOOKS += FLEET_PROVISION_CONFIGURATION_DIRECTORY

define FLEET_PROVISION_USERS
	fleet-provision -1 fleet-provision -1 * /var/lib/fleet-provision - - AWS IoT fleet provisioning
endef

# CMake has put the units in place; Buildroot's systemd enables them by its presets.

# Without systemd: once at boot, in the background, until it is done.
define FLEET_PROVISION_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(FLEET_PROVISION_PKGDIR)/S60fleet-provision \
		$(TARGET_DIR)/etc/init.d/S60fleet-provision
endef

$(eval $(cmake-package))
