//! What operators make of their custom resources: one table of who sets `/dev/shm` by itself, which field sizes it, and where
//! a resource stands for a container without naming one.

/// One row: an operator and what it reads.
#[derive(Debug)]
pub(super) struct Custom {
    /// The operator, as reports name it.
    pub(super) operator: &'static str,
    /// The source that shows what it does.
    pub(super) reference: &'static str,
    /// The beginning of the object's apiVersion.
    pub(super) api: &'static str,
    /// Kinds of objects; any if empty.
    pub(super) kinds: &'static [&'static str],
    /// For pod specs: one of these keys stands on the way to them; any way if empty.
    pub(super) under: &'static [&'static str],
    /// Where mappings stand that are turned into containers: keys from the object on, `*` for any key or item. If empty, the row is
    /// about pod specs.
    pub(super) at: &'static [&'static str],
    /// A key without which such a mapping is none.
    pub(super) needs: &'static str,
    /// Which container of a pod spec is meant.
    pub(super) container: Which,
    /// Where the image is written, from the mapping on.
    pub(super) image: &'static str,
    /// Where GPUs are counted, from the mapping on.
    pub(super) counts: &'static [&'static str],
    /// Where the size of `/dev/shm` is written, from the mapping or one that holds it.
    pub(super) size: &'static str,
    /// Where, and with which value, the operator is told to leave `/dev/shm` alone; any value if empty.
    pub(super) off: (&'static str, &'static str),
    /// Where, and with which value, it is asked for; always if empty.
    pub(super) on: (&'static str, &'static str),
    /// What it gives otherwise.
    pub(super) gives: Gives,
}

/// Which container of a pod an operator gives its volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The first of `containers`.
    First,
    /// The one of this name.
    Named(&'static str),
}

/// The `/dev/shm` that an operator gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// A memory volume of so many bytes.
    Bytes(u64),
    /// One as large as the container's memory request, else its limit.
    Memory,
    /// One of half of the memory limit.
    HalfOfMemory,
    /// One without a bound.
    Unbounded,
    /// None of its own: whether a runtime or template does is not to be seen in the file.
    Unknown,
}

const GI: u64 = 1 << 30;

/// A row that says nothing yet.
const NONE: Custom = Custom {
    operator: "",
    reference: "",
    api: "",
    kinds: &[],
    under: &[],
    at: &[],
    needs: "",
    container: Which::First,
    image: "",
    counts: &[],
    size: "",
    off: ("", ""),
    on: ("", ""),
    gives: Gives::Unknown,
};

/// All rows; the first that fits counts.
pub(super) static KINDS: &[Custom] = &[
    Custom {
        operator: "KubeRay",
        reference: "https://github.com/ray-project/kuberay/blob/feeaf72facab4881ba2b179248bb67315634e229/ray-operator/controllers/ray/common/pod.go",
        under: &["headGroupSpec", "workerGroupSpecs"],
        off: ("rayStartParams.plasma-directory", ""),
        gives: Gives::Memory,
        ..NONE
    },
    Custom {
        operator: "NVIDIA NIM operator",
        reference: "https://github.com/NVIDIA/k8s-nim-operator/blob/d7030c10748d77044fe74c7cdfcd0217de9fdec8/api/apps/v1alpha1/nimservice_types.go",
        api: "apps.nvidia.com/",
        kinds: &["NIMService", "NIMPipeline"],
        at: &["spec", "spec.services.*.spec"],
        needs: "image",
        image: "image.repository",
        size: "storage.sharedMemorySizeLimit",
        gives: Gives::Unbounded,
        ..NONE
    },
    Custom {
        operator: "NVIDIA Dynamo",
        reference: "https://github.com/ai-dynamo/dynamo/blob/d195d280e13e5532510a1004ad8d8d06f2f8266a/deploy/operator/internal/consts/consts.go",
        api: "nvidia.com/",
        kinds: &["DynamoGraphDeployment", "DynamoComponentDeployment"],
        at: &["spec.services.*"],
        image: "extraPodSpec.mainContainer.image",
        counts: &["resources.limits.gpu", "resources.requests.gpu"],
        size: "sharedMemory.size",
        off: ("sharedMemory.disabled", "true"),
        gives: Gives::Bytes(8 * GI),
        ..NONE
    },
    Custom {
        operator: "NVIDIA Dynamo",
        reference: "https://github.com/ai-dynamo/dynamo/blob/d195d280e13e5532510a1004ad8d8d06f2f8266a/deploy/operator/internal/consts/consts.go",
        api: "nvidia.com/",
        kinds: &["DynamoComponentDeployment"],
        at: &["spec"],
        needs: "dynamoNamespace",
        image: "extraPodSpec.mainContainer.image",
        counts: &["resources.limits.gpu", "resources.requests.gpu"],
        size: "sharedMemory.size",
        off: ("sharedMemory.disabled", "true"),
        gives: Gives::Bytes(8 * GI),
        ..NONE
    },
    Custom {
        operator: "NVIDIA Dynamo",
        reference: "https://github.com/ai-dynamo/dynamo/blob/d195d280e13e5532510a1004ad8d8d06f2f8266a/deploy/operator/internal/consts/consts.go",
        api: "nvidia.com/",
        kinds: &["DynamoGraphDeployment", "DynamoComponentDeployment"],
        container: Which::Named("main"),
        size: "sharedMemorySize",
        off: ("sharedMemorySize", "0"),
        gives: Gives::Bytes(8 * GI),
        ..NONE
    },
    Custom {
        operator: "KServe",
        reference: "https://github.com/kserve/kserve/blob/bc3894bf5e628bedfe770eb634309dc6862a067d/config/llmisvc/config-llm-template.yaml",
        api: "serving.kserve.io/",
        kinds: &["LLMInferenceService"],
        container: Which::Named("main"),
        gives: Gives::Bytes(GI),
        ..NONE
    },
    Custom {
        // The ServingRuntime that is chosen in the cluster may mount it, as kserve-huggingfaceserver does.
        operator: "KServe",
        reference: "https://github.com/kserve/kserve/blob/bc3894bf5e628bedfe770eb634309dc6862a067d/config/runtimes/kserve-huggingfaceserver.yaml",
        api: "serving.k",
        kinds: &["InferenceService"],
        at: &[
            "spec.predictor.model",
            "spec.predictor.huggingface",
            "spec.predictor.tensorflow",
            "spec.predictor.pytorch",
            "spec.predictor.triton",
            "spec.predictor.onnx",
            "spec.predictor.sklearn",
            "spec.predictor.xgboost",
            "spec.predictor.lightgbm",
            "spec.predictor.paddle",
            "spec.predictor.pmml",
            "spec.default.predictor.tensorflow",
            "spec.default.predictor.pytorch",
            "spec.default.predictor.tensorrt",
            "spec.default.predictor.custom.container",
        ],
        image: "image",
        ..NONE
    },
    Custom {
        operator: "KAITO",
        reference: "https://github.com/kaito-project/kaito/blob/0abec6528576a6853db58a4b5e28be22d282339f/pkg/utils/common_preset.go",
        api: "kaito.sh/",
        kinds: &["Workspace", "InferenceSet"],
        at: &["inference", "tuning"],
        needs: "preset",
        counts: &["^resource.instanceType"],
        gives: Gives::Unbounded,
        ..NONE
    },
    Custom {
        operator: "SkyPilot",
        reference: "https://github.com/skypilot-org/skypilot/blob/0022406100bb1cfd634fb9603641eaed481d2404/sky/templates/kubernetes-ray.yml.j2",
        kinds: &[""],
        at: &["resources"],
        needs: "accelerators",
        counts: &["accelerators"],
        gives: Gives::Unbounded,
        ..NONE
    },
    Custom {
        operator: "KubeAI",
        reference: "https://github.com/substratusai/kubeai/blob/07722ae0342f16897af606cb7a7c2fc99fa36efd/internal/modelcontroller/engine_vllm.go",
        api: "kubeai.org/",
        kinds: &["Model"],
        at: &["spec"],
        image: "image",
        counts: &["resourceProfile"],
        on: ("engine", "VLLM"),
        gives: Gives::Unbounded,
        ..NONE
    },
    Custom {
        operator: "Yatai",
        reference: "https://github.com/bentoml/yatai-deployment/blob/77079705a2be368557d102a387148ca4f2f2e879/controllers/bentodeployment_controller.go",
        api: "serving.yatai.ai/",
        kinds: &["BentoDeployment"],
        at: &["spec", "spec.runners.*"],
        needs: "resources",
        counts: &["resources.limits.gpu", "resources.requests.gpu"],
        gives: Gives::HalfOfMemory,
        ..NONE
    },
    Custom {
        operator: "Soperator",
        reference: "https://github.com/nebius/soperator/blob/0ce59d3ddcf09f6ac4a40b2cecbbcfa4c1f8bb2e/api/v1/slurmcluster_types.go",
        api: "slurm.nebius.ai/",
        kinds: &["SlurmCluster", "NodeSet"],
        at: &["spec.slurmNodes.worker", "spec.slurmd"],
        image: "slurmd.image",
        counts: &["gpu", "resources.nvidia.com/gpu", "slurmd.resources.nvidia.com/gpu"],
        size: "volumes.sharedMemorySize",
        gives: Gives::Bytes(64 * GI),
        ..NONE
    },
    Custom {
        operator: "the vLLM production stack",
        reference: "https://github.com/vllm-project/production-stack/blob/0f1e82954972d01e57f4c7293bec6c39b517eb79/operator/internal/controller/vllmruntime_controller.go",
        api: "production-stack.vllm.ai/",
        kinds: &["VLLMRuntime"],
        at: &["spec"],
        image: "deploymentConfig.image.name",
        counts: &["deploymentConfig.resources.gpu", "gpu.count", "requestGPU"],
        size: "deploymentConfig.shmSize",
        ..NONE
    },
    Custom {
        operator: "llmaz",
        reference: "https://github.com/InftyAI/llmaz/blob/84ee74fe494cb82891b52cff43ca66202c5a3dd7/api/inference/v1alpha1/config_types.go",
        api: "inference.llmaz.io/",
        kinds: &["Playground", "Service"],
        at: &["spec"],
        needs: "backendRuntimeConfig",
        size: "backendRuntimeConfig.sharedMemorySize",
        ..NONE
    },
    Custom {
        operator: "Run:ai",
        reference: "https://docs.run.ai/latest/developer/cluster-api/submit-yaml/",
        api: "run.ai/",
        at: &["spec"],
        needs: "image",
        image: "image.value",
        counts: &["gpu.value", "gpuDevices.value"],
        on: ("largeShm.value", "true"),
        gives: Gives::Unbounded,
        ..NONE
    },
    Custom {
        // The runtime that the job names has the pod template.
        operator: "Kubeflow Trainer",
        reference: "https://github.com/kubeflow/trainer/blob/8c0f5059bd51ec3ba6d6a6a7b2e1471de7bc13b3/docs/user-guides/megatron.md",
        api: "trainer.kubeflow.org/",
        kinds: &["TrainJob"],
        at: &["spec.trainer"],
        image: "image",
        ..NONE
    },
    Custom {
        operator: "Substratus",
        reference: "https://github.com/substratusai/runbooks/blob/d8d2017da0c36dcea75aaef00a295a6a24987802/internal/controller/server_controller.go",
        api: "substratus.ai/",
        at: &["spec"],
        image: "image",
        counts: &["resources.gpu.count"],
        ..NONE
    },
];
