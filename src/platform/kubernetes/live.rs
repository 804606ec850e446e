//! Pods that run, as `kubectl get pods -o json` and `-o yaml` print them: whose they are, where they come from, and what
//! happened to them. The names of the fields are those of k8s.io/api v0.36, core/v1.

use super::manifest::{Manifest, at, get, list, one_line};
use super::shape::Object;
use crate::container::workload::Running;
use crate::container::workload::running::ending;
use crate::syntax::yaml::Node;

/// A pod with a status.
#[derive(Clone, Copy)]
pub(super) struct LivePod<'a> {
    manifest: &'a Manifest,
    pod: Node<'a>,
    status: Node<'a>,
}

/// Whether a mapping is a pod that a cluster has told the phase of. A raw list of the API leaves out the kind of its items.
pub(super) fn is_pod(node: Node<'_>) -> bool {
    at(node, "status.phase").is_some_and(|phase| phase.str().is_some())
        && at(node, "spec.containers").is_some()
}

impl<'a> LivePod<'a> {
    /// The pod that an object is, if it runs or ran.
    pub(super) fn of(manifest: &'a Manifest, object: Object<'a>) -> Option<Self> {
        let pod = object.node.resolve();
        let is_live = object.kind == "Pod" && is_pod(pod);
        Some(Self { manifest, pod, status: get(pod, "status").filter(|_| is_live)? })
    }

    fn text(&self, node: Node<'a>, path: &str) -> Option<&'a str> {
        at(node, path)?.str().filter(|text| !text.is_empty())
    }

    /// What is known of one of its containers.
    pub(super) fn container(&self, name: &str) -> Running {
        let namespace = self.text(self.pod, "metadata.namespace").unwrap_or("default");
        let pod = self.text(self.pod, "metadata.name").unwrap_or_default();
        Running {
            pod: Some((namespace.to_owned(), pod.to_owned())),
            owner: self.owner().map(|(kind, name)| format!("{kind} {namespace}/{name}")),
            facts: self.facts(name),
            origin: self.origin(),
            ..Running::default()
        }
    }

    /// What made it. A replica set of a deployment is named after it, with the hash of its template.
    fn owner(&self) -> Option<(&'a str, &'a str)> {
        let references = list(get(self.pod, "metadata")?, "ownerReferences");
        let owner = references.into_iter().next()?;
        let (kind, name) = (self.text(owner, "kind")?, self.text(owner, "name")?);
        let hash = at(self.pod, "metadata.labels").and_then(|labels| get(labels, "pod-template-hash")?.str());
        let deployment = hash.and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-'));
        Some(deployment.filter(|_| kind == "ReplicaSet").map_or((kind, name), |name| ("Deployment", name)))
    }

    /// What Helm and Argo write on what they make.
    fn origin(&self) -> Option<String> {
        let said = |of: &str, key: &str| at(self.pod, of).and_then(|holder| get(holder, key)?.str());
        let (label, annotation) =
            (|key: &str| said("metadata.labels", key), |key: &str| said("metadata.annotations", key));
        let by_helm = label("app.kubernetes.io/managed-by") == Some("Helm");
        let instance = label("app.kubernetes.io/instance").filter(|_| by_helm);
        let release = annotation("meta.helm.sh/release-name").or(instance);
        let chart = label("helm.sh/chart").or_else(|| label("chart"));
        // https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
        let tracked = annotation("argocd.argoproj.io/tracking-id").and_then(|id| id.split(':').next());
        let application = tracked.or_else(|| label("argocd.argoproj.io/instance"));
        let workflow = label("workflows.argoproj.io/workflow");
        let named = [
            (release, "Helm release"),
            (chart, "chart"),
            (application, "Argo CD application"),
            (workflow, "Argo workflow"),
        ];
        let named = named.into_iter().filter_map(|(name, what)| Some(format!("{what} '{}'", name?)));
        let named: Vec<String> = named.collect();
        (!named.is_empty()).then(|| named.join(", "))
    }

    /// What happened to a container, as its status tells.
    fn facts(&self, name: &str) -> Vec<String> {
        let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
        let statuses = lists.into_iter().flat_map(|key| list(self.status, key));
        let own = statuses.into_iter().find(|status| self.manifest.text_of(*status, "name") == Some(name));
        let ends = ["state.terminated", "lastState.terminated"].into_iter();
        let ended = ends.filter_map(|path| at(own?, path)).find_map(|end| {
            let code = self.text(end, "exitCode").and_then(|code| code.parse().ok());
            ending(code, self.text(end, "reason") == Some("OOMKilled"))
        });
        let restarts = own.and_then(|own| self.text(own, "restartCount")).filter(|count| *count != "0");
        let restarted = restarts.filter(|_| ended.is_some()).map(|count| match count {
            "1" => "it was restarted once".to_owned(),
            _ => format!("it was restarted {count} times"),
        });
        let over = match self.text(self.status, "phase") {
            _ if self.text(self.status, "reason") == Some("Evicted") => {
                let why = self
                    .text(self.status, "message")
                    .map(|why| format!(": {}", one_line(why).trim_end_matches('.')));
                Some(format!("the pod was evicted{}", why.unwrap_or_default()))
            }
            Some("Succeeded") => Some("the pod has completed".to_owned()),
            Some("Failed") => Some("the pod has failed".to_owned()),
            Some("Pending") => Some("the pod has not started yet".to_owned()),
            _ => None,
        };
        ended.into_iter().chain(restarted).chain(over).collect()
    }
}
