include $(sort $(wildcard $(BR2_EXTERNAL_FLEET_PROVISION_PATH)/*/*.mk))
