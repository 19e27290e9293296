import ClusterModel
import OrderedJSON

/// Manifests: YAML in, a checked `ClusterSpec` out; and the JSON Schema of the same words.
public enum Manifest {
    /// Reads a manifest that stands in one or more files.
    ///
    /// Later sources win key by key: mappings are joined, lists and scalars replaced. Overrides win over all of them.
    /// - Parameter sources: in order, the last one wins: files as they were given, then a lab's.
    /// - Throws: everything that is wrong, each where it was written; nothing gets through in part.
    public static func load(
        sources: [ManifestSource], overrides: ManifestOverrides = ManifestOverrides()
    ) throws(ManifestErrors) -> ClusterSpec {
        var findings = Findings(files: sources.map(\.name) + overrides.origins, firstOverride: sources.count)
        guard !sources.isEmpty else {
            throw ManifestErrors(problems: [
                Problem(file: "-f", line: 1, column: 1, message: "no manifest was given; allowed is at least one file")
            ])
        }
        guard let merged = Sources.merged(sources, overrides, &findings) else { throw findings.errors }
        let toldEtcd = merged.hiddenEtcd.flatMap { ConnectionsDraft.readEtcd($0, &findings) }
        let cluster = ClusterDraft.record.rule.read(merged.tree, &findings)
        if let spec = cluster?.spec { SpecChecks(spec: spec.value, place: spec.key).run(&findings) }
        // A required word that is missing is a problem, so without problems nothing is missing.
        guard !findings.hasProblems, let name = cluster?.metadata?.value.name, let draft = cluster?.spec?.value,
            let spec = SpecBuilder(draft: draft, name: name.value, toldEtcd: toldEtcd, findings: findings).spec()
        else { throw findings.errors }
        return spec
    }

    /// The JSON Schema (2020-12) of a manifest, for editors and for people: the same text, always.
    public static func schemaJSON() -> String {
        let head: [(String, JSON)] = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("title", "Dialtone cluster"),
            (
                "description",
                .text(
                    "One manifest becomes a running Asterisk cluster. Several files given together are joined key by "
                        + "key, the last one wins; this schema is for a file that stands alone.")
            ),
        ]
        return JSON.object(head + ClusterDraft.record.rule.schema).rendered + "\n"
    }
}
