// Examples to begin with.
export const examples = [
  {
    title: "Compose: a trainer",
    files: {
      "compose.yaml": `services:
  trainer:
    image: pytorch/pytorch:2.9.1-cuda12.8-cudnn9-runtime
    command: torchrun --nproc_per_node=2 train.py
    deploy:
      resources:
        reservations:
          devices:
            - driver: nvidia
              count: 2
              capabilities: [gpu]
`,
    },
  },
  {
    title: "Compose: a base and an overlay",
    files: {
      "compose.yaml": `services:
  api:
    build: .
    shm_size: 8
`,
      "compose.gpu.yaml": `services:
  api:
    gpus: all
`,
    },
  },
  {
    title: "docker run in a script",
    files: {
      "train.sh": `#!/bin/sh
docker run --rm --gpus all \\
  -v "$PWD:/work" -w /work \\
  pytorch/pytorch torchrun --nproc_per_node=4 train.py
`,
    },
  },
  {
    title: "Kubernetes: a pod",
    files: {
      "pod.yaml": `apiVersion: v1
kind: Pod
metadata:
  name: serve
spec:
  containers:
    - name: vllm
      image: vllm/vllm-openai:latest
      args: ["--model", "some/model", "--tensor-parallel-size", "2"]
      resources:
        limits:
          nvidia.com/gpu: 2
`,
    },
  },
];
