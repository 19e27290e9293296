import ClusterModel
import Etcd
import HTTPTransport
import Testing

@testable import Reconciler

/// Which changes in etcd are a reason to look at everything.
@Suite struct RegistryChangeTests {
    @Test(
        "what agents write all the time that there are calls is none",
        arguments: [
            ("calls/a-asterisk-1", false), ("traffic/k1", false), ("leader", false), ("shares", true),
            ("instances/a-asterisk-1", true), ("dispatchers/k1", true), ("orders/drain/a-node-1", true),
        ])
    func matters(key: String, matters: Bool) {
        let registry = EtcdRegistry(EtcdClient(endpoints: ["http://127.0.0.1:1"]), cluster: "a")
        func signal(_ keys: [String]) -> EtcdWatchSignal {
            .events(
                keys.map {
                    EtcdEvent(change: .put, keyValue: EtcdKeyValue(keyBytes: Array((registry.names.prefix + $0).utf8)))
                }, revision: 7)
        }
        #expect(registry.matters(signal([key])) == matters)
        #expect(registry.matters(signal(["traffic/k1", key, "calls/x"])) == matters)
    }
}
