import Asterisk
import Etcd
import FoundationEssentials
import Glibc
import HTTPTransport

extension Lab {
    /// Makes an instance misbehave, or behave again.
    ///
    /// - Parameter instance: by its name; it must be registered, or have been since the lab began.
    public static func fault(directory: String, instance: String, _ fault: AsteriskFault) async throws(LabError) {
        let (status, environment) = try up(directory: directory)
        let real = status.processes.first { $0.name == "\(instance).service" && $0.isRunning }
        if let real {
            let number = fault.kind == .hang ? SIGSTOP : SIGCONT
            guard kill(real.pid, number) == 0 else { throw .system("kill \(real.pid)", errno) }
            if fault.kind == .hang { return }
        }
        let address = try await address(of: instance, etcd: environment.etcd)
        // ARI's port moves with SIP's (DESIGN section 3).
        let ari = "http://\(address.host):\(8088 + address.port - 5060)"
        if real != nil {
            let password = try LabRecord.read(status.directory + "/lab.json")?.id ?? ""
            let credentials = AsteriskRest.Credentials(user: AsteriskDirectory.user, password: password)
            return try await tell(instance, fault, AsteriskRest(url: ari, credentials: credentials))
        }
        let url = ari + AsteriskFault.path
        let body: [UInt8]
        do {
            body = Array(try JSONEncoder().encode(fault))
        } catch {
            throw LabError("the fault cannot be written down: \(error)")
        }
        let answer: HTTPResponse
        do {
            answer = try await HTTPClient().send(HTTPRequest(method: "POST", url: url, body: body, timeout: 5))
        } catch {
            throw LabError("\(instance) cannot be told: \(error)")
        }
        guard answer.status == 200 else {
            throw LabError("\(instance) takes no such fault: HTTP \(answer.status)")
        }
    }

    private static func tell(
        _ instance: String, _ fault: AsteriskFault, _ asterisk: AsteriskRest
    ) async throws(LabError) {
        for variable in try fault.variables {
            do {
                try await asterisk.set(global: variable.name, to: variable.value)
            } catch {
                throw LabError("\(instance) cannot be told: \(error)")
            }
        }
    }

    /// From the shares, which keep an instance that has fallen silent.
    private static func address(of instance: String, etcd: String) async throws(LabError) -> (host: String, port: Int) {
        struct Shares: Decodable {
            struct Instance: Decodable {
                var name: String
                var address: String
            }
            var instances: [Instance]
        }
        let pairs: [EtcdKeyValue]
        do {
            pairs = try await EtcdClient(endpoints: [etcd]).range(prefix: "/dialtone/").keyValues
        } catch {
            throw LabError("the lab's etcd cannot be read: \(error)")
        }
        for pair in pairs where pair.key.hasSuffix("/shares") {
            let shares = try? JSONDecoder().decode(Shares.self, from: Data(pair.value))
            guard let found = shares?.instances.first(where: { $0.name == instance }) else { continue }
            let sides = found.address.split(separator: ":")
            if sides.count == 2, let port = Int(sides[1]) { return (String(sides[0]), port) }
        }
        throw LabError("no instance \(instance) is in the shares of this lab's cluster")
    }
}
