// Provisions with AWS's own device SDK, so that it can be compared, and so that the simulator is tried by a client that
// was not written for it. It takes the options and the environment of fleet-provision that matter here:
//
//   node provision.mjs --state-dir DIR -P NAME=VALUE [--method csr|keys] [--mqtt-version 5|3.1.1] [--client v2|v1]
//   node provision.mjs --method none [--mqtt-version 5|3.1.1]       only connects, as whoever CLAIM_CERT names
//
// The SDK has two identity clients: v2 (request and answer in one call), and v1 (subscribe, then publish), each over both
// versions of MQTT. Key, certificate and thing name are written as plain files, without a sync.
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { iot, iotidentity, mqtt, mqtt5 } from 'aws-iot-device-sdk-v2';
import { makeKeyAndCsr } from './csr.mjs';

const given = { method: 'csr', 'mqtt-version': '5', client: 'v2', P: '' };
for (let i = 2; i + 1 < process.argv.length; i += 2) given[process.argv[i].replace(/^-+/, '')] = process.argv[i + 1];
const service = (name) => process.env[`FLEET_PROVISION_${name}`];
const templateName = service('TEMPLATE');
const [parameter, value] = given.P.split(/=(.*)/s);
const clientId = `fleet-provision-${randomBytes(8).toString('hex')}`;

const answerTimeoutSeconds = 15;
const requestOptions = {
  maxRequestResponseSubscriptions: 4, maxStreamingSubscriptions: 0, operationTimeoutInSeconds: answerTimeoutSeconds,
};

async function overMqtt5() {
  const config = iot.AwsIotMqtt5ClientConfigBuilder
    .newDirectMqttBuilderWithMtlsFromPath(service('ENDPOINT'), service('CLAIM_CERT'), service('CLAIM_KEY'))
    .withCertificateAuthorityFromPath(undefined, service('CA_FILE'))
    .withPort(Number(service('PORT')))
    .withConnectProperties({ clientId, keepAliveIntervalSeconds: 60 })
    .build();
  const client = new mqtt5.Mqtt5Client(config);
  const failed = once(client, mqtt5.Mqtt5Client.CONNECTION_FAILURE).then(([event]) => { throw event.error; });
  const connected = once(client, mqtt5.Mqtt5Client.CONNECTION_SUCCESS);
  client.start();
  await Promise.race([connected, failed]);
  const close = async () => {
    const stopped = once(client, mqtt5.Mqtt5Client.STOPPED);
    client.stop();
    await stopped;
    client.close();
  };
  return { client, close, make: iotidentity.IotIdentityClientv2.newFromMqtt5,
    makeOld: iotidentity.IotIdentityClient.newFromMqtt5Client };
}

async function overMqtt311() {
  const config = iot.AwsIotMqttConnectionConfigBuilder
    .new_mtls_builder_from_path(service('CLAIM_CERT'), service('CLAIM_KEY'))
    .with_certificate_authority_from_path(undefined, service('CA_FILE'))
    .with_endpoint(service('ENDPOINT')).with_port(Number(service('PORT')))
    .with_client_id(clientId).with_clean_session(true).with_keep_alive_seconds(60)
    .build();
  const client = new mqtt.MqttClient().new_connection(config);
  await client.connect();
  return { client, close: () => client.disconnect(), make: iotidentity.IotIdentityClientv2.newFromMqtt311,
    makeOld: (connection) => new iotidentity.IotIdentityClient(connection) };
}

/// v1 in the shape of v2: subscribes to both answers of both operations at once, then asks by publishing.
async function askingByPublish(identity) {
  const once_ = mqtt.QoS.AtLeastOnce;
  const create = given.method === 'csr' ? 'CreateCertificateFromCsr' : 'CreateKeysAndCertificate';
  const waiting = {};
  const subscribe = (operation, request) => ['Accepted', 'Rejected'].map((answer) =>
    identity[`subscribeTo${operation}${answer}`](request, once_, (error, response) => {
      if (error || answer === 'Rejected') waiting[operation].reject(error ?? new Error(JSON.stringify(response)));
      else waiting[operation].resolve(response);
    }));
  await Promise.all([...subscribe(create, {}), ...subscribe('RegisterThing', { templateName })]);
  const ask = (operation) => (request) => new Promise((resolve, reject) => {
    waiting[operation] = { resolve, reject };
    setTimeout(reject, answerTimeoutSeconds * 1000, new Error(`no answer to ${operation}`)).unref();
    identity[`publish${operation}`](request, once_).catch(reject);
  });
  return { createCertificateFromCsr: ask(create), createKeysAndCertificate: ask(create),
    registerThing: ask('RegisterThing'), close() {} };
}

async function provision() {
  const made = given.method === 'csr' ? makeKeyAndCsr('fleet-provision') : null;
  const connection = await (given['mqtt-version'] === '5' ? overMqtt5() : overMqtt311());
  if (given.method === 'none') return connection.close();
  const identity = given.client === 'v2' ? connection.make(connection.client, requestOptions)
    : await askingByPublish(connection.makeOld(connection.client));
  const created = made ? await identity.createCertificateFromCsr({ certificateSigningRequest: made.csr })
    : await identity.createKeysAndCertificate({});
  const registered = await identity.registerThing({
    templateName, certificateOwnershipToken: created.certificateOwnershipToken, parameters: { [parameter]: value },
  });
  mkdirSync(`${given['state-dir']}/identity`, { recursive: true });
  const write = (name, text, mode) => writeFileSync(`${given['state-dir']}/identity/${name}`, text, { mode });
  write('private-key.pem', made ? made.key : created.privateKey, 0o600);
  write('certificate.pem', created.certificatePem, 0o644);
  write('thing-name', `${registered.thingName}\n`, 0o644);
  identity.close();
  await connection.close();
  console.log(`thingName: ${registered.thingName}`);
}

try {
  await provision();
  // v1 over MQTT 5 keeps the process alive otherwise.
  process.exit(0);
} catch (error) {
  // What v2 makes of a rejected document.
  console.error(JSON.stringify(error.modeledError ?? error.message));
  process.exit(1);
}
