//! What programs say, as people write them: each trap that was seen in a repository is a test.

use proptest::prelude::*;

use super::{Given, read};
use crate::need::evidence::{Claim, Data, Loads, Workaround};
use crate::syntax::python::Module;

/// The claims of a script with modules that it imports, which are all read.
fn claims_of(texts: &[&str], command: &str, environment: &[(&str, &str)]) -> Vec<Claim> {
    let modules: Vec<Module<'_>> = texts.iter().map(|text| Module::read(text)).collect();
    let importers: Vec<Vec<usize>> = (0..texts.len()).map(|at| (0..at).collect()).collect();
    let environment: Vec<(String, String)> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let given = Given::new(command.split_whitespace(), &environment);
    read(&modules, &importers, &given, true).found.into_iter().map(|found| found.claim).collect()
}

fn claims(text: &str) -> Vec<Claim> {
    claims_of(&[text], "", &[])
}

fn loader_of(texts: &[&str], command: &str, environment: &[(&str, &str)]) -> Option<Loads> {
    claims_of(texts, command, environment).into_iter().find_map(|claim| match claim {
        Claim::Loader(loader) => Some(loader),
        _ => None,
    })
}

/// Workers and batch of a script that imports PyTorch's loader.
fn loads(text: &str, command: &str) -> Option<(u64, Option<u64>)> {
    let text = format!("from torch.utils.data import DataLoader\n{text}");
    loader_of(&[&text], command, &[]).map(|loader| (loader.workers, loader.batch))
}

fn needs_none(text: &str) {
    assert_eq!(claims(text), [Claim::NoLoader { complete: true }], "{text}");
}

fn is_unknown(text: &str) {
    assert!(matches!(claims(text).as_slice(), [Claim::Unread(_)]), "{text}");
}

const TORCH: &str = "from torch.utils.data import DataLoader\n";

#[test]
fn workers_are_read_wherever_they_stand() {
    for (text, workers) in [
        ("DataLoader(d, 64, True, None, None, 4)", 4),
        ("DataLoader(d, batch_size=64, num_workers=4)", 4),
        ("N = 4\nDataLoader(d, 64, num_workers=N)", 4),
        ("DataLoader(d, 64, num_workers=cfg['workers'])\ncfg = {'workers': 4}", 4),
        ("kw = {'num_workers': 4, 'pin_memory': True} if cuda else {}\nDataLoader(d, 64, **kw)", 4),
        ("kw = dict(num_workers=4)\nDataLoader(d, 64, **kw)", 4),
        ("def load(n, workers=4):\n  return DataLoader(d, 64, num_workers=workers)\nload(1)", 4),
        ("def load(n, workers=2):\n  return DataLoader(d, 64, num_workers=workers)\nload(1, 4)", 4),
        (
            "class D:\n  def __init__(self, workers):\n    self.w = workers\n  def f(self): return DataLoader(d, 64, num_workers=self.w)\nD(4)",
            4,
        ),
        ("@dataclass\nclass C:\n  workers: int = 4\nc = C()\nDataLoader(d, 64, num_workers=c.workers)", 4),
        ("c.workers = field(default=4)\nDataLoader(d, 64, num_workers=c.workers)", 4),
        ("DataLoader(d, 64, num_workers=config.get('workers', 4))", 4),
        ("DataLoader(d, 64, num_workers=int(os.getenv('W', '4')))", 4),
        ("DataLoader(d, 64, num_workers=int(os.environ.get('W') or 4))", 4),
        ("DataLoader(d, 64, num_workers=min(4, os.cpu_count()))", 4),
        ("DataLoader(d, 64, num_workers=4 if cuda else 0)", 4),
        ("DataLoader(d, 64, num_workers=2 * 2)", 4),
        ("DataLoader(d, 64, num_workers=os.cpu_count())", 8),
        ("DataLoader(d, 64, num_workers=-1)", 8),
        ("partial(DataLoader, batch_size=64, num_workers=4)", 4),
        ("module = MyDataModule(batch_size=64, num_workers=4)", 4),
    ] {
        assert_eq!(loads(text, ""), Some((workers, Some(64))), "{text}");
    }
}

#[test]
fn options_have_defaults_that_the_command_overrides() {
    let argparse = "parser.add_argument('-j', '--workers', default=2, type=int)\n\
                    parser.add_argument('--batch-size', type=int, default=64)\nargs = parser.parse_args()\n\
                    DataLoader(d, args.batch_size, num_workers=args.workers)";
    assert_eq!(loads(argparse, ""), Some((2, Some(64))));
    assert_eq!(loads(argparse, "-j 8 --batch-size=16"), Some((8, Some(16))));
    assert_eq!(loads(argparse, "--workers 0"), None);
    let dotted = "p.add_argument('--data.num-workers', dest='data.num_workers', default=3)\nDataLoader(d, 1, num_workers=a.data.num_workers)";
    assert_eq!(loads(dotted, ""), Some((3, Some(1))));
    let click = "@click.option('--workers', default=6)\ndef main(workers):\n  DataLoader(d, 1, num_workers=workers)\nmain()";
    assert_eq!(loads(click, "--workers 5"), Some((5, Some(1))));
    assert_eq!(loads(click, ""), Some((6, Some(1))));
    let hydra = "DataLoader(d, 1, num_workers=cfg.data.num_workers)";
    assert_eq!(loads(hydra, "data.num_workers=4"), Some((4, Some(1))));
    let later = "p.add_argument('--workers', default=None)\na = p.parse_args()\nif a.workers is None:\n  a.workers = os.cpu_count()\n\
                 DataLoader(d, 1, num_workers=a.workers)";
    assert_eq!(loads(later, ""), Some((8, Some(1))));
    let shared = "p.add_argument('--workers', default=4)\nargs.workers = int((args.workers + ngpus - 1) / ngpus)\n\
                  DataLoader(d, 1, num_workers=args.workers)";
    assert_eq!(loads(shared, ""), Some((4, Some(1))));
}

#[test]
fn the_environment_of_the_container_wins() {
    let text = format!("{TORCH}DataLoader(d, 1, num_workers=int(os.environ.get('W', '4')))");
    let workers = |value| loader_of(&[&text], "", &[("W", value)]).map(|loader| loader.workers);
    assert_eq!((workers("6"), workers("0")), (Some(6), None));
}

#[test]
fn what_is_no_loader_with_workers() {
    for text in [
        "DataLoader(d, 64)",
        "DataLoader(d, 64, num_workers=0)  # Set to 0 for debugging",
        "DataLoader(d, num_workers=0)  # num_workers=4 hangs",
        "\"\"\"DataLoader(d, num_workers=4)\"\"\"\n# DataLoader(d, num_workers=4)",
        "class TrainingDataLoader(DataLoader):\n  pass",
        "ds = CacheDataset(d, num_workers=8)\nDataLoader(ds, num_workers=0)",
        "ThreadDataLoader(ds, num_workers=4)",
        "WhisperModel('small', num_workers=4)",
        "d.map(f, num_proc=8)\nThreadPoolExecutor(max_workers=4)",
        "seed_everything(1, workers=True)",
        "n = worker_info.num_workers",
        "LOGGER.debug('num_workers=%d', 2)\nDataLoader(d)",
        "DataLoader(d, num_workers=config.get('workers', 0))",
        "Pipeline(num_threads=args.workers)\np.add_argument('--workers', default=4)",
        "TrainConfig(num_workers=4)",
        "def unused():\n  return DataLoader(d, num_workers=4)",
        "p.add_argument('--preprocessing_num_workers', default=4)",
    ] {
        needs_none(&format!("{TORCH}{text}"));
    }
    // Classes of the program's own, and those of others, which say nothing of workers.
    needs_none("class DataLoader:\n  pass\nDataLoader(path)");
    needs_none("from corpus.reader import DataLoader\nDataLoader(path)");
    needs_none("from ultralytics import YOLO\nmodel = YOLO('x.pt')\nmodel.predict('a.png')");
}

#[test]
fn what_cannot_be_told_is_said_so() {
    is_unknown(&format!("{TORCH}DataLoader(d, num_workers=workers_of(x))"));
    is_unknown(&format!("{TORCH}DataLoader(d, **options)"));
    is_unknown(&format!("{TORCH}DataLoader(d, num_workers=json.loads(sys.argv[1])['w'])"));
    let open = Claim::NoLoader { complete: false };
    assert_eq!(claims("import importlib\nimportlib.import_module(name).run()"), std::slice::from_ref(&open));
    assert_eq!(
        claims("import subprocess, sys\nsubprocess.run([*python, 'a.py'])\npython = 'python'"),
        std::slice::from_ref(&open)
    );
    assert_eq!(claims("import hydra\nhydra.utils.instantiate(cfg)"), [open]);
    needs_none("import subprocess\nsubprocess.run(ffmpeg_command)");
}

#[test]
fn of_several_loaders_the_one_that_trains_counts() {
    let text =
        "train = DataLoader(t, 32, shuffle=True, num_workers=2)\nval = DataLoader(v, 64, num_workers=4)";
    assert_eq!(loads(text, ""), Some((2, Some(32))));
    let text = "a = DataLoader(t, 32, num_workers=2)\nb = DataLoader(v, 64, num_workers=4)";
    assert_eq!(loads(text, ""), Some((4, Some(64))));
    let text =
        "train_loader = DataLoader(t, 32, num_workers=0)\nval_loader = DataLoader(v, 64, num_workers=4)";
    assert_eq!(loads(text, ""), Some((4, Some(64))));
}

#[test]
fn samples_are_read_where_they_are_made() {
    let sample = |text: &str| {
        let text = format!("{TORCH}{text}\nDataLoader(d, 64, num_workers=4)");
        let loader = loader_of(&[&text], "", &[]).unwrap();
        (loader.data, loader.sample.map(|sample| sample.to_string()))
    };
    let shape = |data, text: &str| (data, Some(text.to_owned()));
    assert_eq!(
        sample("from torchvision import transforms\ntransforms.RandomResizedCrop(224)"),
        shape(Data::Images, "3x224x224 float32")
    );
    assert_eq!(
        sample("import torchvision.transforms as T\nS = (256, 192)\nT.Resize(S)"),
        shape(Data::Images, "3x256x192 float32")
    );
    assert_eq!(
        sample("import cv2\np.add_argument('--img-size', default=512)"),
        shape(Data::Images, "3x512x512 float32")
    );
    assert_eq!(
        sample("from torchvision import datasets\ndatasets.MNIST('.')"),
        shape(Data::Small, "1x28x28 float32")
    );
    assert_eq!(
        sample(
            "from torchvision import datasets, transforms\ndatasets.MNIST('.')\nif big:\n  transforms.Resize(224)"
        ),
        shape(Data::Small, "1x28x28 float32")
    );
    assert_eq!(
        sample("x = torch.randn(20000, 1024)\nd = TensorDataset(x)"),
        shape(Data::Unknown, "1024 float32")
    );
    assert_eq!(
        sample(
            "from transformers import AutoTokenizer\nAutoTokenizer.from_pretrained(m, max_length=512)\nmax_length = 512"
        ),
        shape(Data::Small, "3x512 int64")
    );
    assert_eq!(sample("import PIL"), (Data::Images, None));
    assert_eq!(sample(""), (Data::Unknown, None));
}

#[test]
fn libraries_bring_workers_of_their_own() {
    let yolo = "from ultralytics import YOLO\nYOLO('x.pt').train(data='a.yaml', epochs=3)";
    let loader = loader_of(&[yolo], "", &[]).unwrap();
    assert_eq!((loader.workers, loader.assumed, loader.batch, loader.prefetch), (8, true, Some(16), Some(4)));
    let given = loader_of(
        &["from ultralytics import YOLO\nm = YOLO()\nm.train(data=d, workers=2, batch=4)"],
        "",
        &[],
    )
    .unwrap();
    assert_eq!((given.workers, given.assumed, given.batch), (2, false, Some(4)));
    assert_eq!(
        claims("from ultralytics import YOLO\nYOLO().train(data=d, workers=0)"),
        [Claim::NoLoader { complete: true }]
    );
}

#[test]
fn trainers_of_transformers_have_none_unless_told() {
    let spreads = |claim: &Claim| matches!(claim, Claim::RanksByGpus { .. });
    let text = "from transformers import Trainer, TrainingArguments\nargs = TrainingArguments('out', per_device_train_batch_size=4)";
    let found = claims(text);
    assert!(spreads(&found[0]) && found[1] == Claim::NoLoader { complete: true }, "{found:?}");
    let text =
        "from trl import SFTConfig\nSFTConfig(dataloader_num_workers=4, per_device_train_batch_size=2)";
    assert_eq!(loader_of(&[text], "", &[]).map(|loader| (loader.workers, loader.batch)), Some((4, Some(2))));
    let text = "p = HfArgumentParser((ModelArguments, TrainingArguments))";
    assert_eq!(loader_of(&[text], "--dataloader_num_workers 3", &[]).map(|loader| loader.workers), Some(3));
    assert!(loader_of(&[text], "", &[]).is_none());
    needs_none("import unsloth\nfrom trl import SFTConfig\nSFTConfig(dataset_num_proc=4)");
}

#[test]
fn ranks_ray_servers_and_shared_memory_are_seen() {
    let one = |text: &str| format!("{:?}", claims(text).into_iter().next().unwrap());
    for (text, claim) in [
        ("import torch.multiprocessing as mp\nmp.spawn(run, nprocs=2)", "Ranks { count: 2, size: Nccl }"),
        (
            "import torch.multiprocessing as mp\nmp.spawn(run, nprocs=torch.cuda.device_count())",
            "RanksByGpus { size: Nccl }",
        ),
        ("import torch.nn as nn\nnn.DataParallel(model)", "RanksByGpus { size: Nccl }"),
        ("import lightning as L\nL.Trainer(devices=2)", "Ranks { count: 2, size: Nccl }"),
        ("import pytorch_lightning as pl\npl.Trainer(devices=[0, 1])", "Ranks { count: 2, size: Nccl }"),
        ("from pytorch_lightning import Trainer\nTrainer()", "RanksByGpus { size: Nccl }"),
        ("from vllm import LLM\nLLM('m')", "Ranks { count: 1, size: Vllm }"),
        ("from vllm import LLM\nLLM('m', tensor_parallel_size=2)", "Ranks { count: 2, size: Vllm }"),
        ("import ray\nray.init()", "Ray"),
        ("from fastapi import FastAPI\napp = FastAPI()", "Server"),
        ("import gradio as gr\ngr.Blocks()", "Server"),
        (
            "from multiprocessing.shared_memory import SharedMemory\nSharedMemory(create=True, size=1024 * 1024)",
            "SharedMemory { bytes: Some(1048576) }",
        ),
        ("import torch.multiprocessing as mp\nmp.Queue()", "SharedMemory { bytes: None }"),
    ] {
        assert_eq!(one(text), claim, "{text}");
    }
    for text in [
        "import multiprocessing as mp\nmp.Queue()",
        "from queue import Queue\nimport torch\nQueue()",
        "import rayon",
    ] {
        needs_none(text);
    }
}

#[test]
fn imported_modules_count_as_far_as_they_are_used() {
    let data = "from torch.utils.data import DataLoader\ndef loaders(n):\n  return DataLoader(d, 8, num_workers=n)\n\
                def other():\n  return DataLoader(d, num_workers=16)\nif __name__ == '__main__':\n  other()\n";
    let workers = |text: &str| loader_of(&[text, data], "", &[]).map(|loader| loader.workers);
    assert_eq!(workers("from data import loaders\nloaders(4)"), Some(4));
    assert_eq!(workers("from data import loaders, other\nloaders(0)"), None);
    assert_eq!(workers("import data\ndata.other()"), Some(16));
    // A field in a module that a server imports loads nothing.
    let config = "@dataclass\nclass Train:\n  num_workers: int = 2\ndef get_config(): return Train()\n";
    let server =
        "import config\nconfig.get_config()\nserver = WebsocketPolicyServer()\nserver.serve_forever()";
    assert_eq!(claims_of(&[server, config], "", &[]), [Claim::Server, Claim::NoLoader { complete: true }]);
}

#[test]
fn workers_that_were_given_up_for_shared_memory_are_told() {
    let text = format!("{TORCH}# /dev/shm is too small\nDataLoader(d, num_workers=0)");
    assert!(claims(&text).contains(&Claim::Workaround(Workaround::NoWorkers)));
}

proptest! {
    #[test]
    fn any_program_is_read_to_its_end(pieces in proptest::collection::vec(
        prop_oneof![
            "[a-d(){}=:,.'\"#\\\\ \n*/-]{0,6}",
            proptest::sample::select(vec![
                "num_workers=", "a.b", "from torch.utils.data import DataLoader\n", "DataLoader(", "\ndef a(b, num_workers=a):\n  ",
                " if a else ", " or ", "getenv('A', ", "get('a', ", "\nclass A:\n ", "add_argument('--a', default=a)", "a = a\n", "max(", "-", "((((",
                "\nfor a in b: ", "lambda a: ", "Resize(", "é",
            ]).prop_map(str::to_owned),
        ],
        0..80,
    )) {
        let text = pieces.concat();
        let modules = [Module::read(&text), Module::read(&text)];
        let reading = read(&modules, &[vec![], vec![0]], &Given::new("--a 1 b=2".split(' '), &[]), true);
        for (module, token) in reading.found.iter().flat_map(|found| &found.places) {
            prop_assert!(modules[*module].span(*token).end <= text.len());
        }
    }
}

#[test]
fn long_and_deep_programs_end() {
    for text in [
        format!("{TORCH}DataLoader(d, num_workers={}1", "(".repeat(100_000)),
        format!("{TORCH}DataLoader(d, num_workers={}1)", "1 if a else ".repeat(50_000)),
        format!("{TORCH}DataLoader(d, num_workers={}1)", "-".repeat(100_000)),
        format!("{TORCH}DataLoader(d, num_workers=a)\n{}", "a = a.get('a', a) or f(a)\n".repeat(20_000)),
        (0..5_000)
            .map(|at| format!("x{at} = DataLoader(d, num_workers=x{})", at + 1))
            .collect::<Vec<_>>()
            .join("\n"),
    ] {
        claims(&text);
    }
}
