import ClusterModel

/// Draws up nodes from the manifest and what their hypervisors have.
struct NodeBlueprint {
    private let sites: [String: NodeSite]

    enum Outcome {
        case ready(NodeSketch)
        case held(Hold.Cause, because: String, location: String?)
    }

    init(_ survey: Survey) {
        var sites: [String: NodeSite] = [:]
        for place in survey.desired.spec.hypervisors where sites[place.name] == nil {
            guard let state = survey.observed.hypervisors[place.name]?.value else { continue }
            let site = NodeSite(place, state, survey)
            sites[place.name] = survey.sites[place.name].flatMap { $0.isSame(as: site) ? $0 : nil } ?? site
        }
        self.sites = sites
        survey.sites = sites
    }

    /// The node of a seat; `before`: the node that stands there now.
    func sketch(of seat: NodeAssignment.Seat, before: Survey.Node?) -> Outcome {
        guard let site = sites[seat.hypervisor] else {
            return .held(
                .unknown, because: "hypervisor \(seat.hypervisor) is not in the manifest or cannot be read",
                location: nil)
        }
        switch site.sketch(seat, before: before) {
        case .success(let sketch): return .ready(sketch)
        case .failure(let problem):
            return .held(.environment, because: problem.because, location: problem.location)
        }
    }
}
