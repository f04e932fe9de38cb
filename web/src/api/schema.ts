// Generated from the server's OpenAPI document by ./dev api. Do not edit.
export interface paths {
    "/api/acquisitions/{acquisition}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One round with the images it chose. */
        get: operations["get_acquisition"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/annotations/{annotation}/revisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of an annotation's saved states. */
        get: operations["list_revisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who did what, when. */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/evaluations/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Two runs of a project on the questions that both were asked. */
        get: operations["evaluation_difference"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/evaluations/diff/cases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of the questions that two runs answered differently, the largest change first. */
        get: operations["changed_cases"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server and its database live. */
        get: operations["get_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One image. */
        get: operations["get_image"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/annotation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the caller made of an image so far. */
        get: operations["my_annotation"];
        /** Saves a revision; 409 with the latest one where the caller's is based on an older. */
        put: operations["save_annotation"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/annotation/submit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Submits the latest revision as finished. */
        post: operations["submit_annotation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/annotations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What every reader made of an image. */
        get: operations["annotations_of_image"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/attestation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Writes down a person's word on burned-in patient data. */
        post: operations["attest_image"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/deidentification": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was done to the header of a DICOM file so that it says nothing of its patient: which attributes, never their values. */
        get: operations["get_deidentification"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/inquiries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The latest questions about an image, newest first: the caller's own, or everybody's for those who see what others wrote. */
        get: operations["inquiries_about"];
        put?: never;
        /**
         * Asks the promoted model about an image. 409 where none is promoted, or where the case is to be read without one; 429 where three of
         *     the caller's questions wait already.
         */
        post: operations["ask_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/lease": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Opens a given case; 409 where somebody else has it. */
        post: operations["open_case"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/lint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whether descriptions say the same, and what the region's concept, presence and box say. Nothing is kept. */
        post: operations["lint_described"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/pixels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The canonical pixels of one frame: 8- or 16-bit grey, or RGB. */
        get: operations["get_pixels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/related": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The images of the same patient that may be shown beside this one, itself among them: its own study's first. */
        get: operations["related_images"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/rendered": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The 8-bit picture as a reader first sees it. */
        get: operations["get_rendered"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/tiles/{level}/{column}/{row}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A tile of a whole-slide image, whose levels are the image's `facts.pyramid`: level 0 is the finest. */
        get: operations["get_tile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports/{import}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A data set on its way in. */
        get: operations["get_import"];
        put?: never;
        post?: never;
        /** Gives a data set up, and what is being done with it: its files are deleted, and what was taken over already stays. */
        delete: operations["cancel_import"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports/{import}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has a data set checked: a dry run, which takes nothing. What it finds is in the import once that is `checked`. */
        post: operations["check_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports/{import}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of the files that were sent, so that none need be sent twice. */
        get: operations["list_import_files"];
        /** Puts a file of a data set; one of the same path is replaced. */
        put: operations["put_import_file"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports/{import}/left-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of what cannot be taken over, and why. */
        get: operations["list_left_out"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports/{import}/left-out/{list}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All that cannot be taken over, as a file: `csv` or `jsonl`. */
        get: operations["download_left_out"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports/{import}/take": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has a checked data set taken over. */
        post: operations["take_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/inquiries/{inquiry}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One question with its answer, as far as it is written. */
        get: operations["get_inquiry"];
        put?: never;
        post?: never;
        /** Takes one's own question back. */
        delete: operations["withdraw_inquiry"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/inquiries/{inquiry}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A question, live: an `inquiry` event whenever something of it changes, until it is over. */
        get: operations["inquiry_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/layouts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The layouts in which data sets are read. */
        get: operations["list_layouts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/leases/{lease}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keeps a case for another quarter of an hour. */
        put: operations["renew_lease"];
        post?: never;
        /** Gives a case back unfinished. */
        delete: operations["give_back"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One model. */
        get: operations["get_model"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/{model}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a model suggest, and asks for a round with it. */
        post: operations["promote_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["get_openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The projects the caller may see. */
        get: operations["list_projects"];
        put?: never;
        /** Makes a project. */
        post: operations["create_project"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One project. */
        get: operations["get_project"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes a project. */
        patch: operations["change_project"];
        trace?: never;
    };
    "/api/projects/{project}/acquisitions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project's rounds. */
        get: operations["list_acquisitions"];
        put?: never;
        /** Asks for a round. */
        post: operations["ask_acquisition"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/cases/next": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The next case for the caller; 204 where all are done. */
        post: operations["next_case"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/cases/upcoming": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The image that the caller would get next, so that its pixels can be fetched ahead; nothing is held. 204 where there is none. */
        get: operations["upcoming_case"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/concepts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The ontology. */
        get: operations["get_concepts"];
        /** Replaces the ontology. */
        put: operations["put_concepts"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The project's objects: images, reports, presentation states. */
        get: operations["search_instances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The project's series. */
        get: operations["search_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The project's studies. Parameters: attributes by keyword or tag, `includefield`, `limit`, `offset`. */
        get: operations["search_studies"];
        put?: never;
        /** Takes DICOM files in, each a part of the request. 200 where all were kept, 202 where some, 409 where none. */
        post: operations["store_instances"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The files of a study, each a part of its own, one after the other. */
        get: operations["retrieve_study"];
        put?: never;
        /** The same for files that are all of one study, by the UID that they name themselves. */
        post: operations["store_in_study"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A study's objects. */
        get: operations["search_instances_of_study"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The attributes of a study's objects, without pixels. */
        get: operations["study_metadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A study's series. */
        get: operations["search_series_of_study"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The files of a series. */
        get: operations["retrieve_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A series' objects. */
        get: operations["search_instances_of_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The file of an object. */
        get: operations["retrieve_instance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Native pixels of frames, which are numbered from 1: `1,3`. */
        get: operations["retrieve_frames"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One frame of an image as a reader first sees it. */
        get: operations["rendered_frames"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The attributes of an object. */
        get: operations["instance_metadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/rendered": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The first frame of an image as a reader first sees it. */
        get: operations["rendered_instance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The attributes of a series' objects. */
        get: operations["series_metadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/evaluations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project's runs on their test splits, beside one another. */
        get: operations["list_evaluations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/feedback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What readers did with suggestions, and what suggestions did to readers. */
        get: operations["get_feedback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/feedback/cases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same case by case, as comma-separated values. */
        get: operations["feedback_table"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of a project's images. */
        get: operations["list_images"];
        put?: never;
        /** Takes an image in. 201 for a new one, 200 for one that was there already. */
        post: operations["upload_image"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The latest data sets that came into a project, or are on their way. */
        get: operations["list_imports"];
        put?: never;
        /** Begins to bring a data set in; its files are put next. */
        post: operations["begin_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who works in it. */
        get: operations["list_members"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/members/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Makes somebody a member, or changes what they are. */
        put: operations["set_member"];
        post?: never;
        /** Ends a membership. */
        delete: operations["remove_member"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project's models. */
        get: operations["list_models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a project is. */
        get: operations["get_progress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/rounds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of a project's rounds with what came of each. */
        get: operations["list_rounds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/rounds/efficiency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What labels bought in a project, round by round, and whether another round is worth it. */
        get: operations["label_efficiency"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/routes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many cases went which way, and what second readers changed. */
        get: operations["get_routes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/routing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Sets by which confidences cases go to whom, or, with null, has all go the same way again. Cases that nobody has read are routed anew. */
        put: operations["put_routing"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of a project's runs. */
        get: operations["list_runs"];
        put?: never;
        /** Puts a run into the queue. */
        post: operations["launch_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs side by side: what they are made of, and where that differs. */
        get: operations["compare_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/snapshots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project's snapshots. */
        get: operations["list_snapshots"];
        put?: never;
        /** Cuts a snapshot of what is submitted, as far as the filter takes it. 201 for a new one, 200 where nothing has changed since an earlier one. */
        post: operations["cut_snapshot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/snapshots/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a snapshot of what is submitted now would hold; nothing is cut. */
        post: operations["preview_snapshot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The templates that are offered to its readers. */
        get: operations["get_templates"];
        /** Replaces the templates. */
        put: operations["put_templates"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rounds/{acquisition}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One round with what came of it. */
        get: operations["get_round"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rounds/{acquisition}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of a round's images, first to last, with what was read of each. */
        get: operations["round_items"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One run. */
        get: operations["get_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/artifacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run's artifacts. */
        get: operations["run_artifacts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/artifacts/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One artifact. */
        get: operations["run_artifact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/evaluation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run's scores, those of parts of the data, and which concept was taken for which. */
        get: operations["get_evaluation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/evaluation/cases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of a run's answers, the worst first; without those on images that were withheld. */
        get: operations["evaluation_cases"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A run, live: `run` events whenever it changes, `metrics` events with new values, until it is over. A `run` event with another
         *     `attempt` begins anew: the values of the hand-out before it are told again, where they still count.
         */
        get: operations["run_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a run's workers said, newest last. */
        get: operations["run_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run's measured values. */
        get: operations["run_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Changes a run's notes and tags; refused with what is there now where that is not what they were made from. */
        put: operations["annotate_run"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hands a run out again that failed or was stopped; its worker goes on from the newest checkpoint it has, or from the one that is named. A
         *     model that it gave when it was stopped is taken back, unless something was made with it.
         */
        post: operations["resume_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks a run to stop. */
        post: operations["stop_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in. */
        get: operations["get_session"];
        put?: never;
        /** Opens a session. */
        post: operations["sign_in"];
        /** Ends the session. */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        /** Chooses one's own interface language. */
        patch: operations["change_session"];
        trace?: never;
    };
    "/api/session/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keeps how one works with the page. */
        put: operations["keep_settings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One snapshot. */
        get: operations["get_snapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/datasheet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The snapshot's datasheet: counts by split, modality, concept and reader, descriptions, origins, leakage. */
        get: operations["snapshot_datasheet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/differences/{other}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How another snapshot differs from this one: in its settings, in how many cases, and which, page by page. */
        get: operations["snapshot_differences"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The snapshot as a tar archive. */
        get: operations["export_snapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The files that were asked for of a snapshot. */
        get: operations["list_exports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/exports/{format}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Has a snapshot written out in a layout. 200 where that is done, 202 where it waits or is at it. */
        put: operations["ask_for_export"];
        post?: never;
        /** Deletes a file of a snapshot, or gives up writing it. It can be asked for again. */
        delete: operations["delete_export"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/exports/{format}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The finished file, or the part of it that the header Range names; of several parts the first. */
        get: operations["export_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/manifest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The manifest, byte for byte as it is hashed. */
        get: operations["snapshot_manifest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/objects/{object}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An object that the snapshot names. */
        get: operations["snapshot_object"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/preferences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What readers changed of a model's suggestions, as JSON lines of a prompt, a better and a worse answer, for direct preference optimisation. */
        get: operations["snapshot_preferences"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's tokens; an administrator sees all. */
        get: operations["list_tokens"];
        put?: never;
        /** Makes a token; its secret is told this once. */
        post: operations["issue_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a token. */
        delete: operations["revoke_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All users. */
        get: operations["list_users"];
        put?: never;
        /** Adds a user. */
        post: operations["create_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes a user. */
        patch: operations["change_user"];
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/fail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cannot be done. */
        post: operations["fail_round"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Done: the chosen images, first to last. */
        post: operations["finish_round"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Still at it. */
        post: operations["round_heartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/objects/{object}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A raster of the round's pool. */
        get: operations["worker_pool_object"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/pool": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of the images a round looks at. */
        get: operations["get_pool"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/predictions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a published model proposes. */
        post: operations["put_predictions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks for something to do; 204 where there is nothing. */
        post: operations["claim_work"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/inquiries/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Waits for a question and takes it; 204 where none came. */
        post: operations["claim_inquiry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/inquiries/{inquiry}/fail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cannot be answered. */
        post: operations["fail_inquiry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/inquiries/{inquiry}/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The whole answer. */
        post: operations["finish_inquiry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/inquiries/{inquiry}/raster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The picture of the image that is asked about. */
        get: operations["inquiry_raster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/inquiries/{inquiry}/words": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The answer as far as it is written; keeps the claim. */
        post: operations["put_words"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/models/{model}/files/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One of a published model's files. */
        get: operations["worker_model_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of a run. */
        get: operations["run_standing"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}/artifacts/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** An artifact's bytes. */
        put: operations["put_artifact"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}/fail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cannot be done. */
        post: operations["fail_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Done: publishes the model. */
        post: operations["finish_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Still at it. */
        post: operations["run_heartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Measured values. */
        post: operations["put_metrics"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/snapshots/{snapshot}/manifest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A snapshot's manifest, byte for byte. */
        get: operations["worker_manifest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/snapshots/{snapshot}/objects/{object}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An object that a snapshot names. */
        get: operations["worker_snapshot_object"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A round of active learning. */
        Acquisition: {
            /**
             * Format: int32
             * @description How many boxes they were expected to have together at most; no limit where absent.
             */
            boxes?: number | null;
            /**
             * Format: int32
             * @description How many at most.
             */
            budget: number;
            /** @description When it was asked for. */
            created_at: string;
            /**
             * Format: int64
             * @description Images looked at.
             */
            done: number;
            /** @description Why it failed. */
            error?: string | null;
            /** @description When it ended. */
            finished_at?: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The model that is asked. */
            model: components["schemas"]["ModelRef"];
            /**
             * Format: uuid
             * @description Its project.
             */
            project_id: string;
            /**
             * Format: int32
             * @description How many rounds with a published model came before.
             */
            round: number;
            /**
             * Format: int64
             * @description The seed of everything drawn by chance.
             */
            seed: number;
            /** @description queued, running, finished or failed. */
            state: string;
            /** @description How the images are chosen. */
            strategy: components["schemas"]["Strategy"];
            /**
             * Format: int64
             * @description Images to look at.
             */
            total: number;
        };
        /**
         * Format: uuid
         * @description One active-learning round.
         */
        AcquisitionId: string;
        /** @description An active-learning round to carry out. */
        AcquisitionItem: {
            /**
             * Format: int32
             * @description Which hand-out this is, from 1.
             */
            attempt: number;
            /**
             * Format: int32
             * @description How many boxes they are expected to have together at most; no limit where absent.
             */
            boxes?: number | null;
            /**
             * Format: int32
             * @description How many images to rank at most.
             */
            budget: number;
            /** @description The round. */
            id: components["schemas"]["AcquisitionId"];
            /** @description The project's languages. */
            langs: string[];
            /**
             * Format: int32
             * @description Seconds without a heartbeat after which another worker may claim it.
             */
            lease_seconds: number;
            /** @description The model whose features and predictions are used. A published one also suggests regions; a built-in one does not. */
            model: components["schemas"]["ModelRef"];
            /** @description The project's ontology. */
            ontology: components["schemas"]["Concept"][];
            /** @description Its project. */
            project: components["schemas"]["ProjectId"];
            /**
             * Format: int32
             * @description How many rounds with a published model came before, from 0: the hybrid strategy changes with it.
             */
            round: number;
            /**
             * Format: int64
             * @description The seed of everything drawn by chance.
             */
            seed: number;
            /** @description How to choose. */
            strategy: components["schemas"]["Strategy"];
        };
        /** @description A round with the images it chose. */
        AcquisitionView: components["schemas"]["Acquisition"] & {
            /** @description First to last. */
            ranking: components["schemas"]["Chosen"][];
        };
        /** @description A project's rounds. */
        Acquisitions: {
            /** @description Newest first. */
            acquisitions: components["schemas"]["Acquisition"][];
        };
        /** @description What the last two rounds bought by one measure, the mean over languages. */
        Advice: {
            estimate?: components["schemas"]["Estimate"] | null;
            /**
             * Format: double
             * @description The score after them less the score before, as both runs were scored; absent while it is too early.
             */
            gain?: number | null;
            /** @description What can be said. */
            judgement: components["schemas"]["Judgement"];
            /** @description The measure. */
            measure: components["schemas"]["Measure"];
            /** @description Those patients. */
            patients: number;
            /** @description The rounds that came to a score of their own. */
            rounds: number;
            /**
             * Format: double
             * @description The least gain over two rounds that is worth their reading.
             */
            worth: number;
        };
        /** @description What was counted over one part of a round's cases. */
        Agreement: {
            /** @description The cases. */
            cases: number;
            estimate?: components["schemas"]["Estimate"] | null;
            /**
             * Format: double
             * @description Twice the regions that both gave, by the regions of both together: F1 of the model's regions against the readers'. Absent where
             *     neither gave any.
             */
            f1?: number | null;
            /** @description Those whose reader saw what the model said. */
            shown: number;
        };
        /** @description What was counted over both parts. */
        Agreements: {
            /** @description Over what the strategy chose. */
            chosen: components["schemas"]["Agreement"];
            /** @description Over what was drawn by chance. */
            control: components["schemas"]["Agreement"];
        };
        /**
         * @description What being shown suggestions changed: the cases with them less those without, with intervals over cases. Absent where either has fewer
         *     than thirty cases.
         */
        Anchoring: {
            coinciding?: components["schemas"]["Estimate"] | null;
            regions?: components["schemas"]["Estimate"] | null;
            seconds?: components["schemas"]["Estimate"] | null;
        };
        /** @description What one reader made of one image, at its latest revision. */
        Annotation: {
            /** @description What it says. */
            content: components["schemas"]["AnnotationContent"];
            /**
             * Format: int32
             * @description How much the bilingual checks found in it when it was submitted; absent where it was not, or before there were checks.
             */
            flags?: number | null;
            /**
             * Format: uuid
             * @description Its id; absent while nothing was saved.
             */
            id?: string | null;
            /**
             * Format: uuid
             * @description The image.
             */
            image_id: string;
            /** @description Who reads. */
            reader: components["schemas"]["Person"];
            /**
             * Format: int64
             * @description The latest revision; 0 while nothing was saved.
             */
            revision: number;
            /** @description When it was saved. */
            saved_at?: string | null;
            /** @description Whether the latest revision is the submitted one. */
            submitted: boolean;
        };
        /** @description What one reader says about one image, at one revision. */
        AnnotationContent: components["schemas"]["WholeImage"] & {
            /** @description The regions, in the order they were drawn. */
            regions: components["schemas"]["Region"][];
            /** @description The model's suggestions that the reader turned down. */
            rejected?: components["schemas"]["SuggestionId"][];
        };
        /** @description What readers made of an image. */
        Annotations: {
            /** @description One for each reader. */
            annotations: components["schemas"]["Annotation"][];
        };
        /**
         * @description Which way an answer changed.
         * @enum {string}
         */
        AnswerChange: "better" | "worse";
        /** @description Files by name. */
        Artifacts: {
            /** @description By name. */
            files: {
                [key: string]: components["schemas"]["ObjectRef"];
            };
        };
        /** @description A question as somebody puts it. */
        Ask: {
            /** @description The box that it is about, in pixels; the whole image where it is left out. */
            bbox?: number[] | null;
            /** @description One of the project's two languages. */
            lang: string;
            /** @description Whether regions are to be found first and the question answered by them. */
            look_first?: boolean;
            /** @description What is asked: 1 to 500 characters. */
            question: string;
        };
        /** @description A person's word on burned-in patient data. */
        Attestation: {
            /** @description True withholds the image for good. */
            burned_in: boolean;
        };
        /** @description Why a person must say of an image first that no patient data is burned in. */
        AttestationReason: {
            /** @enum {string} */
            kind: "secondary_capture";
        } | {
            /** @enum {string} */
            kind: "ultrasound";
        } | {
            /** @enum {string} */
            kind: "recognizable";
        } | {
            /** @enum {string} */
            kind: "header";
        } | {
            /** @enum {string} */
            kind: "picture";
        } | {
            /** @enum {string} */
            kind: "said";
            /** @description What it said, in English. */
            text: string;
        };
        /** @description A page of the audit trail. */
        AuditPage: {
            /** @description Oldest first. */
            entries: components["schemas"]["Entry"][];
        };
        /** @description A case in a reader's hands. */
        Case: {
            /** @description What the reader has made of it so far. */
            annotation: components["schemas"]["Annotation"];
            choice?: components["schemas"]["Choice"] | null;
            /** @description What to read. */
            image: components["schemas"]["Image"];
            /** @description The reader's hold on it. */
            lease: components["schemas"]["Lease"];
            /** @description What the model proposes; empty on test cases and on the control group's. */
            suggestions: components["schemas"]["Suggestion"][];
        };
        /** @description One case that is not the same in both snapshots. */
        CaseDifference: components["schemas"]["Fate"] & {
            /** @description The image. */
            image: components["schemas"]["ImageId"];
            /** @description Its size in pixels, in the second snapshot where both have it. */
            size: components["schemas"]["ImageSize"];
        };
        /** @description One thing that a case says otherwise. */
        Change: (components["schemas"]["Part"] & {
            /** @enum {string} */
            kind: "added";
        }) | (components["schemas"]["Part"] & {
            /** @enum {string} */
            kind: "removed";
        }) | {
            /** @description The boxes, in image pixels. */
            bbox: components["schemas"]["Turned_Vec_f64"];
            frame?: components["schemas"]["Turned_u32"] | null;
            /** @enum {string} */
            kind: "moved";
            /** @description The region. */
            of: components["schemas"]["Part"];
            /**
             * Format: double
             * @description Intersection over union of the two; 0 where they lie on two frames.
             */
            overlap: number;
        } | {
            /** @description The concepts. */
            concept: components["schemas"]["Turned_Option_String"];
            /** @enum {string} */
            kind: "concept";
            /** @description The region. */
            of: components["schemas"]["Part"];
        } | {
            /** @enum {string} */
            kind: "presence";
            /** @description The region or label. */
            of: components["schemas"]["Part"];
            /** @description What is said. */
            presence: components["schemas"]["Turned_Presence"];
        } | {
            /** @enum {string} */
            kind: "text";
            /** @description The language. */
            lang: components["schemas"]["Lang"];
            /** @description What it describes. */
            of: components["schemas"]["Part"];
            /** @description The words. */
            text: components["schemas"]["Turned_String"];
        } | (components["schemas"]["Part"] & {
            /** @enum {string} */
            kind: "speaks_of";
        }) | {
            /** @enum {string} */
            kind: "verdict";
            /** @description The verdicts. */
            verdict: components["schemas"]["Turned_Option_Verdict"];
        } | {
            /** @enum {string} */
            kind: "pixels";
        } | {
            /** @enum {string} */
            kind: "split";
            /** @description The splits. */
            split: components["schemas"]["Turned_Split"];
        } | {
            /** @enum {string} */
            kind: "reader";
            /** @description The readers, by pseudonymous user id. */
            reader: components["schemas"]["Turned_String"];
        } | {
            /** @enum {string} */
            kind: "resubmitted";
        } | {
            /** @enum {string} */
            kind: "facts";
        };
        /** @description A question that both runs were asked and answered differently. */
        ChangedAnswer: {
            /** @description The first run's answer. */
            a: components["schemas"]["JudgedAnswer"];
            /** @description The second run's, to the same question. */
            b: components["schemas"]["JudgedAnswer"];
        };
        /** @description A page of the questions that two runs answered differently. */
        ChangedCases: {
            /** @description The largest change first. */
            cases: components["schemas"]["ChangedAnswer"][];
            /**
             * Format: int32
             * @description Pass as `after` for the next page; absent on the last.
             */
            next?: number | null;
        };
        /** @description How many answers of one task in one language became better, worse, or neither. */
        Changes: {
            /**
             * Format: int64
             * @description The second run's answer is worth more.
             */
            better: number;
            /** @description The language. */
            lang: string;
            /**
             * Format: int64
             * @description It is worth about the same.
             */
            same: number;
            /** @description `r2t` or `t2r`. */
            task: string;
            /**
             * Format: int64
             * @description It is worth less.
             */
            worse: number;
        };
        /** @description Why the model asked for an image. */
        Choice: {
            /**
             * Format: int32
             * @description Its place in the round, from 1.
             */
            rank: number;
            /** @description The strategy's reason. */
            reason: components["schemas"]["ChoiceReason"];
        };
        /** @description Why a strategy chose an image. */
        ChoiceReason: {
            /** @description What. */
            concept: components["schemas"]["ConceptKey"];
            /** @enum {string} */
            kind: "unsure";
        } | {
            /** @description What it is least sure of there. */
            concept: components["schemas"]["ConceptKey"];
            /** @enum {string} */
            kind: "least_sure";
        } | {
            /** @description About what most. */
            concept: components["schemas"]["ConceptKey"];
            /** @enum {string} */
            kind: "wavers";
        } | {
            /** @description What it draws most differently. */
            concept: components["schemas"]["ConceptKey"];
            /** @enum {string} */
            kind: "boxes_differ";
        } | {
            /** @description About what most. */
            concept: components["schemas"]["ConceptKey"];
            /** @enum {string} */
            kind: "contradicts";
        } | {
            /** @description About what most. */
            concept: components["schemas"]["ConceptKey"];
            /** @enum {string} */
            kind: "teaches";
        } | {
            /** @enum {string} */
            kind: "unlike";
        } | {
            /** @enum {string} */
            kind: "least_like";
        } | {
            /** @enum {string} */
            kind: "typical_unread";
            /**
             * Format: int64
             * @description How many look alike.
             */
            size: number;
        } | {
            /**
             * Format: int64
             * @description How many of them were read or chosen before.
             */
            covered: number;
            /** @enum {string} */
            kind: "typical";
            /**
             * Format: int64
             * @description How many look alike.
             */
            size: number;
        } | {
            /** @enum {string} */
            kind: "chance";
        } | {
            /** @enum {string} */
            kind: "chance_silent";
        } | {
            /** @enum {string} */
            kind: "chance_incomparable";
        } | {
            /** @enum {string} */
            kind: "chance_equal";
            /** @description Its kind. */
            modality: components["schemas"]["Modality"];
        } | {
            /** @enum {string} */
            kind: "said";
            /** @description What it said, in English. */
            text: string;
        };
        /** @description What a person says of a data set that it does not say itself. */
        Choices: {
            /**
             * @description Makes a concept of every name that the project has none for.
             * @default false
             */
            add_concepts: boolean;
            /**
             * @description Whether the sender vouches that no patient data is burned into the pixels.
             * @default false
             */
            attested: boolean;
            /**
             * @description Which of the files is the data set, for layouts of one file; none where there is but one that can be.
             * @default null
             */
            file: string | null;
            /**
             * @description In which of the folders its image files lie; without it, beside the data set.
             * @default null
             */
            images: string | null;
            /**
             * @description Leaves out what cannot be taken over; else nothing at all is taken.
             * @default false
             */
            leave_out: boolean;
            /** @default null */
            modality: components["schemas"]["Modality"] | null;
            /**
             * @description The patient's pseudonym, for all images; without it, each is a patient of its own, or its DICOM file's.
             * @default null
             */
            patient: string | null;
            /**
             * @description The account that becomes the reader of what names no reader; without it, whoever brings the data set.
             * @default null
             */
            reader: string | null;
        };
        /** @description One chosen image. */
        Chosen: {
            /**
             * Format: uuid
             * @description The image.
             */
            image: string;
            /**
             * Format: int32
             * @description Its place, from 1.
             */
            rank: number;
            /** @description Why. */
            reason: components["schemas"]["ChoiceReason"];
            /**
             * Format: double
             * @description The strategy's score.
             */
            score: number;
            /** @description Whether somebody submitted it meanwhile. */
            submitted: boolean;
        };
        /** @description `POST /api/worker/claim`: ask for something to do. Answers 200 with a [`WorkItem`] or 204. */
        Claim: {
            /** @description The checkpoints in its cache: a run that is to go on from a certain one is handed to who has it. */
            holds?: components["schemas"]["HeldRun"][];
            /** @description The worker's name, for people to read: host and process. */
            worker: string;
        };
        /** @description `POST /api/worker/inquiries/claim`: waits for a question for so long. */
        ClaimInquiry: {
            /**
             * Format: int32
             * @description How many seconds the worker waits for one, at most 20.
             */
            wait_seconds?: number;
            /** @description The worker's name, for people to read. */
            worker: string;
        };
        /** @description A setting of several runs. */
        ComparedSetting: {
            /** @description Whether they are not all the same. */
            differs: boolean;
            /** @description `snapshot`, `base`, or a setting's path: `steps`, `tuning.rank`. */
            name: string;
            /** @description What each run has, in their order: a text as it is, all else as JSON; nothing where the run has no such setting. */
            values: (string | null)[];
        };
        /** @description Runs side by side. */
        Comparison: {
            /** @description In the order in which they were asked for. */
            runs: components["schemas"]["Run"][];
            /** @description What each was made of, by name. */
            settings: components["schemas"]["ComparedSetting"][];
        };
        /** @description One entry of a project's ontology. */
        Concept: {
            /** @description Its code in other terminologies, by the terminology's name: `RadLex` to `RID1301`. */
            codes?: {
                [key: string]: string;
            };
            /** @description Its key inside the project. */
            key: components["schemas"]["ConceptKey"];
            /** @description Structure or lesion. */
            kind: components["schemas"]["ConceptKind"];
            /** @description The modalities in which it is looked for; empty means all. */
            modalities?: components["schemas"]["Modality"][];
            /** @description Its name in each of the project's languages. */
            names: {
                [key: string]: string;
            };
            /** @description Other words for it in each language: what a reader may search it by. */
            synonyms?: {
                [key: string]: string[];
            };
        };
        /** @description The key of a concept inside its project: `left_lung`, `simple_cyst`. */
        ConceptKey: string;
        /**
         * @description Whether a concept is part of a body or something wrong with it.
         * @enum {string}
         */
        ConceptKind: "structure" | "lesion";
        /** @description An ontology. */
        Concepts: {
            /** @description By key. */
            concepts: components["schemas"]["Concept"][];
        };
        /** @description How often a concept was called by the name of another, or its own. */
        Confused: {
            /**
             * Format: int64
             * @description How often.
             */
            count: number;
            /** @description The language. */
            lang: string;
            /** @description The concept whose name was given; absent where it was the name of none. */
            named?: string | null;
            /** @description The concept that is true. */
            truth: string;
        };
        /** @description The size of a snapshot, split by split. */
        Counts: {
            /** @description For testing. */
            test: components["schemas"]["SplitCounts"];
            /** @description For training. */
            train: components["schemas"]["SplitCounts"];
            /** @description For validation. */
            val: components["schemas"]["SplitCounts"];
        };
        /**
         * @description How a datasheet is written.
         * @enum {string}
         */
        DatasheetFormat: "html" | "markdown";
        /**
         * @description What was done to an attribute.
         * @enum {string}
         */
        Deed: "removed" | "emptied" | "replaced" | "uid_replaced" | "shifted" | "kept";
        /** @description How many attributes were treated how. */
        Deeds: {
            /**
             * Format: int64
             * @description Without a value.
             */
            emptied: number;
            /**
             * Format: int64
             * @description As they were.
             */
            kept: number;
            /**
             * Format: int64
             * @description Gone.
             */
            removed: number;
            /**
             * Format: int64
             * @description With another value.
             */
            replaced: number;
            /**
             * Format: int64
             * @description With a date that was moved.
             */
            shifted: number;
            /**
             * Format: int64
             * @description With a pseudonymous UID.
             */
            uid_replaced: number;
        };
        /** @description Something that is described: a region, or a sentence of a report. */
        Described: {
            bbox?: components["schemas"]["PixelBox"] | null;
            /** @description What it is, where it is a region that says so. */
            concept?: string | null;
            presence?: components["schemas"]["Presence"] | null;
            /** @description Its description in each language. */
            texts: {
                [key: string]: string;
            };
        };
        /** @description By how much the second run's score is above the first's, on the questions that both were asked. */
        Difference: {
            /**
             * Format: double
             * @description The first run's.
             */
            a: number;
            /**
             * Format: double
             * @description The second run's.
             */
            b: number;
            /** @description Between which 95 % of the draws of patients lie, each patient with both runs' answers; absent with fewer than thirty patients. */
            interval?: number[] | null;
            /** @description The language. */
            lang: string;
            /** @description The score. */
            measure: components["schemas"]["Measure"];
            /**
             * Format: double
             * @description How often draws of patients put the difference at 0 or beyond, times two; absent with fewer than thirty patients.
             */
            p?: number | null;
            /** @description The patients that it rests on. */
            patients: number;
            /**
             * Format: double
             * @description The second less the first.
             */
            value: number;
        };
        /** @description What two snapshots say otherwise. */
        Differences: {
            /** @description The cases that are not the same, by their image's id. */
            cases: components["schemas"]["CaseDifference"][];
            /**
             * Format: uuid
             * @description The last image told of, where more follow: ask again for those after it.
             */
            next?: string | null;
            /** @description What their manifests say otherwise. */
            settings: components["schemas"]["SettingsDifference"];
            /** @description How much of their cases is the same, and how much is not. */
            totals: components["schemas"]["Totals"];
        };
        /** @description The lower-case hexadecimal SHA-256 of some bytes: the name of an object or of a snapshot. */
        Digest: string;
        /** @description One point of the label-efficiency curve: a scored run. */
        EfficiencyPoint: components["schemas"]["ScoredRun"] & {
            /** @description The numbers of the rounds whose result it is; none where it is the model with which the first round began. */
            rounds: number[];
        };
        /** @description One entry of the trail. */
        Entry: {
            /** @description What was done: `image.add`, `annotation.submit`, … */
            action: string;
            /** @description When, as the database's clock says. */
            at: string;
            /** @description More about it; no report text, no patient data. */
            detail: unknown;
            /** @description The hash of this row and all before it. */
            hash: string;
            /**
             * Format: int64
             * @description Its place in the chain, from 1.
             */
            seq: number;
            /** @description To what, by id. */
            subject: string;
            /**
             * Format: uuid
             * @description Who; absent for the system itself.
             */
            user_id?: string | null;
        };
        /** @description What every refusal looks like. */
        ErrorBody: {
            /** @description What went wrong. */
            error: components["schemas"]["ErrorDetail"];
        };
        /** @description What went wrong. */
        ErrorDetail: {
            /** @description Stable, for programs. */
            code: string;
            /** @description More, where a caller can act on it. */
            details?: unknown;
            /** @description What, where, what to do; for people. */
            message: string;
        };
        /** @description A number with the limits between which 95 % of the draws lie. */
        Estimate: {
            /**
             * Format: double
             * @description The upper limit.
             */
            high: number;
            /**
             * Format: double
             * @description The lower limit.
             */
            low: number;
            /**
             * Format: double
             * @description The number itself.
             */
            value: number;
        };
        /** @description A run, and where the judging of its answers stands. */
        EvaluatedRun: {
            /** @description Why the answers cannot be read. */
            failure?: string | null;
            /** @description When the run ended. */
            finished_at?: string | null;
            /**
             * Format: uuid
             * @description The model it gave.
             */
            model?: string | null;
            /** @description What people call it. */
            name: string;
            /** @description Whether the run is over: until then nothing is judged. */
            over: boolean;
            /**
             * Format: uuid
             * @description Its project.
             */
            project: string;
            /** @description Whether that model suggests now. */
            promoted: boolean;
            /**
             * Format: uuid
             * @description The run.
             */
            run: string;
            /** @description The snapshot it learnt from. */
            snapshot: string;
            /** @description What people call that. */
            snapshot_name: string;
            state?: components["schemas"]["EvaluationState"] | null;
        };
        /** @description The scores of one split: Region-to-Text and Text-to-Region per language. */
        Evaluation: {
            /** @description Exact-name Region-to-Text accuracy, per language. */
            accuracy: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Images scored.
             */
            images: number;
            /** @description Mean IoU of true boxes with their matched predicted boxes (0 where none), per language of the prompt. */
            mean_iou: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Patients scored.
             */
            patients: number;
            /** @description F1 of predicted boxes at IoU ≥ 0.5, per language of the prompt. */
            region_f1: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Regions asked about.
             */
            regions: number;
        };
        /** @description A page of a run's answers. */
        EvaluationCases: {
            /** @description The worst first. */
            cases: components["schemas"]["JudgedAnswer"][];
            /**
             * Format: int32
             * @description Pass as `after` for the next page; absent on the last.
             */
            next?: number | null;
        };
        /**
         * @description Where the judging of a run's answers stands.
         * @enum {string}
         */
        EvaluationState: "waiting" | "finished" | "failed";
        /** @description One run's answers. */
        EvaluationView: components["schemas"]["EvaluatedRun"] & {
            /** @description How many answers have each fault, on images that may be seen. */
            faults: components["schemas"]["FaultCount"][];
            figures?: components["schemas"]["Figures"] | null;
            /**
             * Format: int64
             * @description Images that were withheld since: none of their answers is shown, and the figures count them still.
             */
            withheld: number;
        };
        /** @description A snapshot as one file, finished or not. */
        Export: {
            /** @description When it was asked for. */
            asked_at: string;
            /**
             * Format: int64
             * @description About how many it will be; once it is finished, exactly.
             */
            expected: number;
            /** @description Why it could not be written. */
            failure?: string | null;
            /** @description The layout. */
            format: string;
            /** @description Until when the file is kept; after that it can be made again. */
            kept_until: string;
            /** @description The digest of the finished file. */
            sha256?: string | null;
            /** @description The snapshot. */
            snapshot: string;
            /** @description Where it stands. */
            state: components["schemas"]["ExportState"];
            /**
             * Format: int64
             * @description The bytes written so far.
             */
            written: number;
        };
        /**
         * @description The layout of an export.
         * @enum {string}
         */
        ExportFormat: "medreg" | "medreginstruct" | "coco" | "yolo" | "voc" | "llava" | "sharegpt" | "internvl" | "qwen-vl" | "qwen2.5-vl" | "csv" | "parquet" | "webdataset" | "derived";
        /**
         * @description Where an export stands.
         * @enum {string}
         */
        ExportState: "waiting" | "writing" | "finished" | "failed";
        /** @description A snapshot's files. */
        Exports: {
            /** @description By layout. */
            exports: components["schemas"]["Export"][];
        };
        /** @description How much was asked. */
        Extent: {
            /**
             * Format: int64
             * @description Answers.
             */
            answers: number;
            /**
             * Format: int64
             * @description Images that they are about.
             */
            images: number;
            /**
             * Format: int64
             * @description Patients of those.
             */
            patients: number;
        };
        /** @description How a picture is to be looked at and measured. */
        Facts: {
            /** @description PatientOrientation (0020,0020): where rows and columns lead, in the letters A, P, L, R, H and F. */
            directions?: string[] | null;
            /**
             * Format: int64
             * @description InstanceNumber (0020,0013): its place in its series.
             */
            instance?: number | null;
            laterality?: components["schemas"]["Laterality"] | null;
            levels?: components["schemas"]["Levels"] | null;
            /** @description Whether the pixels once went through a compression that loses something: LossyImageCompression (0028,2110), or a JPEG. */
            lossy: boolean;
            /**
             * @description ImageOrientationPatient (0020,0037): unit vectors along a row and along a column, x to the left, y to the back, z to the
             *     head. Absent where frames differ.
             */
            orientation?: number[] | null;
            /** @description ImagePositionPatient (0020,0032) of an image of one frame: the middle of its first pixel, in mm, same axes. */
            position?: number[] | null;
            /** @description The levels of a whole-slide image, the finest, in whose pixels boxes are, first; absent for all other images. */
            pyramid?: components["schemas"]["SlideLevel"][] | null;
            /** @description Whether the pixel spacing is that at the detector, ImagerPixelSpacing (0018,1164): what lies before it is smaller. */
            spacing_at_detector: boolean;
        };
        /** @description `POST /api/worker/{runs|acquisitions}/{id}/fail`: cannot be done. */
        Fail: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description What was wrong, where, and what to do, for a person to read. */
            reason: string;
        };
        /** @description What became of one case. */
        Fate: {
            /** @enum {string} */
            became: "added";
            /** @description How many regions it has. */
            regions: number;
        } | {
            /** @enum {string} */
            became: "removed";
            /** @description How many regions it had. */
            regions: number;
        } | {
            /** @enum {string} */
            became: "changed";
            /** @description All that is different, at least one. */
            changes: components["schemas"]["Change"][];
        };
        /**
         * @description What is wrong with an answer.
         * @enum {string}
         */
        Fault: "wrong_side" | "missed" | "false_positive" | "wrong_name" | "low_overlap" | "languages_disagree";
        /** @description How many answers have each fault, on images that may be seen. */
        FaultCount: {
            /**
             * Format: int64
             * @description The answers.
             */
            count: number;
            /** @description The fault. */
            fault: components["schemas"]["Fault"];
        };
        /** @description What readers did with suggestions, and what suggestions did to readers. */
        Feedback: {
            /** @description What being shown them changed. */
            anchoring: components["schemas"]["Anchoring"];
            /** @description Cases whose suggestions were kept back: the control group. */
            kept_back: components["schemas"]["ReadAlike"];
            /**
             * Format: double
             * @description The middle one of those overlaps.
             */
            median_overlap?: number | null;
            /**
             * Format: int64
             * @description Regions that readers of those drew and no suggestion had pointed to.
             */
            missed: number;
            /** @description How the suggestions ended that readers saw. */
            outcomes: components["schemas"]["Outcomes"];
            /** @description The overlaps (IoU) of the boxes that were taken and changed with those that were suggested, counted in ten parts of 0 to 1. */
            overlaps: number[];
            /** @description Reader by reader, by name. */
            readers: components["schemas"]["OfReader"][];
            /** @description Cases that were read with suggestions. */
            shown: components["schemas"]["ReadAlike"];
            /** @description What became of their texts, by language. */
            texts: {
                [key: string]: components["schemas"]["TextChanges"];
            };
        };
        /** @description All that was counted of a run when its answers were taken in. Images that were withheld since count on: these are numbers of the run. */
        Figures: {
            /** @description Which concept was taken for which; pairs that did not occur are left out. */
            confusion: components["schemas"]["Confused"][];
            /** @description How much was asked. */
            extent: components["schemas"]["Extent"];
            /** @description The scores of each language. */
            scores: components["schemas"]["Scores"][];
            /** @description The same of parts of the data. */
            slices: components["schemas"]["Slice"][];
        };
        /** @description What is taken; by itself everything. */
        Filter: {
            /**
             * @description Images alone whose every region is described in both languages.
             * @default false
             */
            both_languages: boolean;
            /**
             * @description Regions and labels of these concepts alone; of all where none is named. The snapshot's ontology is cut to them too: of what was
             *     left out, nobody may learn that it is absent.
             * @default []
             */
            concepts: string[];
            /**
             * @description Images of these kinds alone; of every kind where none is named.
             * @default []
             */
            modalities: components["schemas"]["Modality"][];
        };
        /** @description One label of the image, for classification. */
        Finding: {
            /** @description What is looked for. */
            concept: components["schemas"]["ConceptKey"];
            /** @description Whether it is there. */
            presence?: components["schemas"]["Presence"];
        };
        /** @description `POST /api/worker/acquisitions/{id}/finish`: the chosen images, first to last; the next cases follow this order. */
        FinishAcquisition: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description At most `budget` of them. */
            ranking: components["schemas"]["RankedImage"][];
        };
        /** @description `POST /api/worker/inquiries/{id}/finish`: the whole answer. */
        FinishInquiry: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /**
             * Format: double
             * @description The probability of the answer's tokens, in 0..=1; not calibrated.
             */
            confidence: number;
            /** @description Whether the model came to an end by itself. */
            finished: boolean;
            /** @description All that was written. */
            words: components["schemas"]["Words"];
        };
        /** @description `POST /api/worker/runs/{id}/finish`, after the artifacts are up: publishes the model. */
        FinishRun: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description The model's card, Markdown. */
            card: string;
            evaluation?: components["schemas"]["Evaluation"] | null;
            /** @description The model's files by name (`model.safetensors`, `config.json`, `tokenizer.json`), already put as artifacts. */
            files: {
                [key: string]: components["schemas"]["ObjectRef"];
            };
            /** @description Finished or stopped. */
            outcome: components["schemas"]["RunOutcome"];
        };
        /** @description Something that does not agree. */
        Flag: components["schemas"]["Mark"] & {
            against?: components["schemas"]["Mark"] | null;
            /** @description What the sentence speaks of, by name. */
            arguments: {
                [key: string]: string;
            };
            /** @description What is wrong: a key for a sentence, which [`Flag::sentence`] gives in English. */
            message: string;
            /** @description The rule that found it. */
            rule: components["schemas"]["Rule"];
            /** @description How grave it is. */
            severity: components["schemas"]["Severity"];
        };
        /** @description What the bilingual checks found. */
        Flags: {
            /** @description The gravest first. */
            flags: components["schemas"]["Flag"][];
        };
        /** @description What was done to a header. */
        HeaderReport: {
            /** @description Each of them, those outside of all sequences first. */
            attributes: components["schemas"]["TreatedAttribute"][];
            /** @description How many attributes were treated how. */
            counts: components["schemas"]["Deeds"];
            /** @description What the project wanted of dates. */
            dates: components["schemas"]["KeptDates"];
            /** @description The edition of PS3.15 that was followed. */
            edition: string;
            /** @description Whether it wanted the patient's characteristics to stay. */
            keep_characteristics: boolean;
            /**
             * Format: int64
             * @description How many more were treated, which are not among those.
             */
            unlisted: number;
        };
        /** @description `POST /api/worker/{runs|acquisitions}/{id}/heartbeat`: still at it. */
        Heartbeat: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description The checkpoints of the run that the worker keeps, oldest first; nothing where that is not known yet. */
            checkpoints?: components["schemas"]["HeldCheckpoint"][] | null;
            /**
             * Format: int64
             * @description Steps, or images, done.
             */
            done: number;
            /** @description What it said since the last beat that was answered. */
            log?: components["schemas"]["LogLine"][];
            /** @description What it is at: `training`, `evaluating`, `predicting`, `publishing`. */
            phase: string;
            /** @description Whether it has written one since it took the run up: where it began is no longer where it would go on from. */
            saved?: boolean;
            /**
             * Format: int64
             * @description Steps, or images, in all.
             */
            total: number;
        };
        /** @description The server's answer to a heartbeat. A lost claim answers 409 instead. */
        HeartbeatReply: {
            /** @description Somebody asked the run to stop: finish the step, keep what was learnt, finish as stopped. */
            stop: boolean;
        };
        /** @description A checkpoint that a run's worker keeps. */
        HeldCheckpoint: {
            /** @description Whether it has the lowest loss of those that are kept: it stays when newer ones come. */
            best: boolean;
            /**
             * Format: double
             * @description The training loss by then, smoothed over about twenty steps.
             */
            loss?: number | null;
            /**
             * Format: int32
             * @description Steps done when it was written.
             */
            step: number;
            /**
             * Format: int64
             * @description When it was written, in seconds since 1970.
             */
            written_at: number;
        };
        /** @description A run of which a worker keeps checkpoints. */
        HeldRun: {
            /** @description The run. */
            run: components["schemas"]["RunId"];
            /** @description The steps done at each of them. */
            steps: number[];
        };
        /** @description An image as its readers see it. */
        Image: {
            attestation_reason?: components["schemas"]["AttestationReason"] | null;
            /**
             * Format: int32
             * @description 8 or 16.
             */
            bits: number;
            /** @description Whether it is in colour. */
            colour: boolean;
            /** @description When it came. */
            created_at: string;
            facts?: components["schemas"]["Facts"] | null;
            /**
             * Format: int32
             * @description How much the bilingual checks found in what was submitted about it; absent where nothing was.
             */
            flags?: number | null;
            /**
             * Format: int32
             * @description How many frames it has.
             */
            frames: number;
            /**
             * Format: int32
             * @description Pixels down.
             */
            height: number;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The kind of picture. */
            modality: components["schemas"]["Modality"];
            /** @description The patient's pseudonym. */
            patient: string;
            /** @description Row and column spacing in mm. */
            pixel_spacing?: number[] | null;
            /**
             * Format: uuid
             * @description Its project.
             */
            project_id: string;
            /** @description The 8-bit PNG as a reader first sees it. */
            raster: components["schemas"]["ObjectRef"];
            route?: components["schemas"]["Route"] | null;
            /** @description The series' pseudonym, where the file names one. */
            series?: string | null;
            /** @description The patient's split. */
            split: components["schemas"]["Split"];
            /** @description Where the case stands. */
            state: components["schemas"]["ImageState"];
            /** @description The study's pseudonym. */
            study: string;
            /**
             * Format: int32
             * @description Pixels across.
             */
            width: number;
            window?: components["schemas"]["Window"] | null;
        };
        /**
         * Format: uuid
         * @description One raster source.
         */
        ImageId: string;
        /** @description What a model says about one image. */
        ImagePrediction: {
            /** @description The image. */
            image: components["schemas"]["ImageId"];
            /** @description What is known of each of its answers. */
            questions?: components["schemas"]["QuestionSignals"][];
            /** @description The regions it proposes. */
            regions: components["schemas"]["ProposedRegion"][];
        };
        /** @description The size of an image in pixels; neither side is zero. */
        ImageSize: {
            /** Format: int32 */
            height: number;
            /** Format: int32 */
            width: number;
        };
        /**
         * @description Where a case stands.
         * @enum {string}
         */
        ImageState: "waiting_attestation" | "withheld" | "open" | "leased" | "submitted";
        /** @description A page of images. */
        Images: {
            /** @description In order of arrival, where nothing else is said. */
            images: components["schemas"]["Image"][];
            /**
             * Format: uuid
             * @description Pass as `after` for the next page; absent on the last.
             */
            next?: string | null;
        };
        /** @description A data set on its way in. */
        Import: {
            /** @description When they began. */
            begun_at: string;
            /** @description Who brings it. */
            begun_by: string;
            /**
             * Format: int64
             * @description Their bytes.
             */
            bytes: number;
            /** @description What was said of it. */
            choices: components["schemas"]["Choices"];
            /** @description What is in it, or became of it. */
            counts: components["schemas"]["ImportCounts"];
            /**
             * Format: int64
             * @description Images that were looked at.
             */
            done: number;
            /**
             * Format: int64
             * @description How many there are; 0 while that is not known.
             */
            expected: number;
            /** @description Why it cannot be read. */
            failure?: string | null;
            /**
             * Format: int64
             * @description Files that were sent.
             */
            files: number;
            /** @description Its layout. */
            format: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * Format: uuid
             * @description Whereinto.
             */
            project_id: string;
            /** @description Where it stands. */
            state: components["schemas"]["ImportState"];
            /**
             * Format: double
             * @description Seconds since the work in hand began.
             */
            working_seconds?: number | null;
        };
        /** @description What a data set is checked by. */
        ImportCheck: {
            /** @description What a person says of it. */
            choices?: components["schemas"]["Choices"];
            /** @description Its layout. */
            format: string;
        };
        /** @description What is in a data set, or became of it. */
        ImportCounts: {
            /**
             * Format: int64
             * @description Annotations that were submitted.
             * @default 0
             */
            annotations: number;
            /**
             * Format: int64
             * @description Concepts that the ontology gets.
             * @default 0
             */
            concepts: number;
            /**
             * Format: int64
             * @description Images that can be taken over, or that were and were not there before.
             * @default 0
             */
            images: number;
            /**
             * Format: int64
             * @description Images that were there before.
             * @default 0
             */
            known: number;
            /**
             * Format: int64
             * @description What could not be taken over.
             * @default 0
             */
            left_out_count: number;
            /**
             * Format: int64
             * @description Regions.
             * @default 0
             */
            regions: number;
            /**
             * @description Images by split; under an empty name those of which the data set says none. Counted by a check.
             * @default {}
             */
            splits: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Texts in all languages: descriptions, sentences of reports, questions and answers. Counted by a check.
             * @default 0
             */
            texts: number;
            /**
             * @description Names that the project has no concept for, each with the number of images where it is. Counted by a check.
             * @default {}
             */
            unknown: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Images whose annotations wait for a person to say that no patient data is burned in.
             * @default 0
             */
            waiting: number;
        };
        /**
         * Format: uuid
         * @description A data set on its way into a project.
         */
        ImportId: string;
        /**
         * @description Where a data set stands on its way in.
         * @enum {string}
         */
        ImportState: "staging" | "to_check" | "checking" | "checked" | "to_take" | "taking" | "finished" | "failed" | "cancelled";
        /** @description How a data set is taken over. */
        ImportTake: {
            /** @description Whether what cannot be taken over is left out; else nothing is taken where there is such. */
            leave_out?: boolean;
        };
        /** @description The latest data sets that came into a project. */
        Imports: {
            /** @description The latest first. */
            imports: components["schemas"]["Import"][];
        };
        /** @description Questions about an image. */
        Inquiries: {
            /** @description Newest first. */
            inquiries: components["schemas"]["Inquiry"][];
        };
        /** @description A question with its answer. */
        Inquiry: {
            /** @description When it was asked. */
            asked_at: string;
            /**
             * Format: uuid
             * @description Who asked.
             */
            asked_by: string;
            /** @description Their name. */
            asked_by_name: string;
            /** @description The box that it is about, in pixels. */
            bbox?: number[] | null;
            /**
             * Format: int64
             * @description How many questions come before it.
             */
            before: number;
            /** @description False where the model did not come to an end. */
            complete?: boolean | null;
            /**
             * Format: double
             * @description The probability of the answer's tokens, in 0..=1; not calibrated.
             */
            confidence?: number | null;
            /** @description Why there is no answer. */
            failure?: string | null;
            /**
             * Format: double
             * @description Seconds until the first words.
             */
            first_words_seconds?: number | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * Format: uuid
             * @description The image that it is about.
             */
            image: string;
            /** @description The language of question and answer. */
            lang: string;
            /** @description Whether regions are found first, and the question answered by them. */
            look_first: boolean;
            /**
             * Format: uuid
             * @description The model that was promoted when it was asked.
             */
            model: string;
            /** @description That model's name. */
            model_name: string;
            /** @description What was asked. */
            question: string;
            /**
             * Format: double
             * @description Seconds until the end.
             */
            seconds?: number | null;
            /** @description Where it stands. */
            state: components["schemas"]["InquiryState"];
            /** @description What is written so far. */
            words: components["schemas"]["Words"];
        };
        /**
         * Format: uuid
         * @description One question that a person asked a model.
         */
        InquiryId: string;
        /** @description A question to be answered. */
        InquiryItem: {
            /**
             * Format: int32
             * @description The hand-out's number; part of every message about it.
             */
            attempt: number;
            bbox?: components["schemas"]["PixelBox"] | null;
            /** @description The question. */
            id: components["schemas"]["InquiryId"];
            /** @description The image; its picture is fetched from `GET /api/worker/inquiries/{id}/raster`. */
            image: components["schemas"]["PoolImage"];
            /** @description The language of question and answer. */
            lang: string;
            /** @description The project's languages. */
            langs: components["schemas"]["LangPair"];
            /**
             * Format: int32
             * @description A claim without a message for this many seconds is lost.
             */
            lease_seconds: number;
            /** @description Whether regions are to be found first and the question answered by them. */
            look_first: boolean;
            /** @description The model that was promoted when it was asked. */
            model: components["schemas"]["ModelId"];
            /** @description The project's concepts. */
            ontology: components["schemas"]["Concept"][];
            /** @description What is asked, in a person's words. */
            question: string;
        };
        /**
         * @description Where a question stands.
         * @enum {string}
         */
        InquiryState: "waiting" | "answering" | "answered" | "failed" | "withdrawn";
        /** @description A token's secret, told once. */
        IssuedToken: {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The secret; it is not kept. */
            token: string;
        };
        /** @description One answer as it is looked at. */
        JudgedAnswer: {
            /** @description The model's answer, tags kept. */
            answer: string;
            /** @description The boxes of the answer. */
            boxes: components["schemas"]["PixelBox"][];
            /** @description The concept that is true. */
            concept: string;
            /** @description What is wrong. */
            faults: components["schemas"]["Fault"][];
            /**
             * Format: int32
             * @description Its height in pixels.
             */
            height: number;
            /**
             * Format: uuid
             * @description The image.
             */
            image: string;
            /** @description The language of question and answer. */
            lang: string;
            /**
             * Format: int32
             * @description The number of its line in the run's `predictions.jsonl`.
             */
            line: number;
            /**
             * Format: double
             * @description The mean IoU of the true boxes (`t2r`); absent where there are none.
             */
            mean_iou?: number | null;
            /** @description The kind of picture. */
            modality: string;
            /** @description The concept that was named. */
            named?: string | null;
            other?: components["schemas"]["OtherAnswer"] | null;
            /** @description The patient's pseudonym. */
            patient: string;
            /** @description The question as the model read it. */
            question: string;
            /** @description Whether the name is right (`r2t`). */
            right?: boolean | null;
            /** @description `r2t` or `t2r`. */
            task: string;
            /** @description The right answer. */
            truth: string;
            /** @description The true boxes, or the one that was asked about. */
            truth_boxes: components["schemas"]["PixelBox"][];
            /**
             * Format: int32
             * @description Its width in pixels, which boxes are in.
             */
            width: number;
        };
        /** @description A snapshot that runs were judged on. */
        JudgedSnapshot: {
            /** @description The snapshot. */
            id: string;
            /** @description What people call it. */
            name: string;
            /**
             * Format: int64
             * @description Its runs that kept answers.
             */
            runs: number;
        };
        /**
         * @description What can be said about another round.
         * @enum {string}
         */
        Judgement: "too_early" | "too_few" | "no_answers" | "stop" | "go_on" | "unclear";
        /**
         * @description What becomes of the dates in headers.
         * @enum {string}
         */
        KeptDates: "removed" | "shifted";
        /** @description What labels bought, round by round. */
        LabelEfficiency: {
            /** @description Whether another round is worth it, by each measure. */
            advice: components["schemas"]["Advice"][];
            /**
             * @description Rounds of a published model, oldest first. Of images drawn by chance this tells how good the model was on what was still unread; of
             *     the chosen ones, how hard the choice was.
             */
            agreements: components["schemas"]["RoundAgreement"][];
            /** @description Scored runs in the order in which they were launched: the model that the first round asked, and each round's result. */
            points: components["schemas"]["EfficiencyPoint"][];
        };
        /** @description A language tag in the shape of BCP 47: `en`, `zh`, `zh-Hans`, `ja`. */
        Lang: string;
        /** @description The two different languages in which a project describes every region. */
        LangPair: string[];
        /**
         * @description A side of the body.
         * @enum {string}
         */
        Laterality: "left" | "right";
        /** @description A layout in which data sets are read. */
        Layout: {
            /** @description What it is, in a sentence. */
            about: string;
            /** @description Its name. */
            name: string;
            /** @description Whether it is one file, with or without images beside it, and not a folder of files. */
            one_file: boolean;
        };
        /** @description The layouts in which data sets are read. */
        Layouts: {
            /** @description In the order in which they are told. */
            layouts: components["schemas"]["Layout"][];
        };
        /** @description The run with the highest score. */
        Leader: {
            /** @description By how much it is ahead of that, on the questions that both were asked. */
            ahead: components["schemas"]["Difference"];
            /** @description Whether the whole interval lies above 0: else nobody knows which of the two is better. */
            clear: boolean;
            /**
             * Format: uuid
             * @description The one with the next highest.
             */
            next: string;
            /**
             * Format: uuid
             * @description The run.
             */
            run: string;
        };
        /** @description A project's runs that kept their answers. */
        Leaderboard: {
            /** @description Who leads by each measure in each language; none unless one snapshot was asked for, for only then all were asked the same. */
            leaders: components["schemas"]["Leader"][];
            /** @description The runs, newest first, at most 200. */
            runs: components["schemas"]["Ranked"][];
            /** @description The snapshots that they learnt from, the one of the newest run first. */
            snapshots: components["schemas"]["JudgedSnapshot"][];
        };
        /**
         * @description How the learning rate goes on once it has risen to its peak.
         * @enum {string}
         */
        LearningRateSchedule: "cosine" | "linear" | "constant";
        /** @description A reader's temporary hold on a case. */
        Lease: {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * Format: int32
             * @description How many seconds that is from now, for clocks that do not agree with the server's.
             */
            seconds: number;
            /** @description Until when, unless renewed. */
            until: string;
        };
        /** @description Something that cannot be taken over. */
        LeftOut: {
            /** @description The file that it is in, or the image. */
            file: string;
            /**
             * Format: int64
             * @description The line, where the file has lines.
             */
            line?: number | null;
            /**
             * Format: int64
             * @description Its number among what is left out, from 1.
             */
            number: number;
            /** @description What is wrong. */
            reason: string;
        };
        /** @description A page of what cannot be taken over. */
        LeftOutPage: {
            /** @description In the order in which it was found. */
            left_out: components["schemas"]["LeftOut"][];
            /**
             * Format: int64
             * @description Where the next page begins; none after the last.
             */
            next?: number | null;
        };
        /** @description What grey values mean: value = slope × stored + intercept, after the modality transformation of PS3.3 section C.11.1. */
        Levels: {
            /**
             * Format: double
             * @description The middle of the range that the file wants shown, in units of the values.
             */
            center: number;
            /** @description How it is spread over the greys. */
            function: components["schemas"]["VoiFunction"];
            /** @description Whether the values are Hounsfield units. */
            hounsfield: boolean;
            /**
             * Format: double
             * @description In units of the values.
             */
            intercept: number;
            /** @description MONOCHROME1: the smallest value is white. */
            inverse: boolean;
            /**
             * Format: double
             * @description Of stored values; below zero where the smallest value is white.
             */
            slope: number;
            /**
             * Format: double
             * @description Its width.
             */
            width: number;
        };
        /**
         * @description How a list is written into a file.
         * @enum {string}
         */
        ListFormat: "csv" | "jsonl";
        /**
         * @description How much a line of a log matters.
         * @enum {string}
         */
        LogLevel: "info" | "warn" | "error";
        /** @description A line of what a worker says about the run at hand. No patient data: a worker knows pseudonyms and ids only. */
        LogLine: {
            /**
             * Format: int64
             * @description When it was said, in milliseconds since 1970.
             */
            at: number;
            /** @description How much it matters. */
            level: components["schemas"]["LogLevel"];
            /** @description What was said. */
            message: string;
            /**
             * Format: int32
             * @description Its place among the lines of this hand-out, from 1: a line that is told twice is kept once.
             */
            number: number;
        };
        /** @description A line of a run's log. */
        LoggedLine: {
            /** @description When, by the worker's clock. */
            at: string;
            /**
             * Format: int32
             * @description Which hand-out of the run said it.
             */
            attempt: number;
            /** @description How much it matters. */
            level: components["schemas"]["LogLevel"];
            /** @description What was said. */
            message: string;
            /**
             * Format: int32
             * @description Its place in that hand-out.
             */
            number: number;
        };
        /** @description What a snapshot is, all of it by value or by hash. */
        Manifest: {
            /** @description The JSON lines of [`SnapshotCase`]. */
            cases: components["schemas"]["ObjectRef"];
            /** @description Cases, regions and patients per split. */
            counts: components["schemas"]["Counts"];
            /** @description Which of the submitted cases were taken. */
            filter?: components["schemas"]["Filter"];
            /** @description The annotation guideline, Markdown. */
            guideline: string;
            /** @description The two languages of every text. */
            langs: string[];
            /** @description The ontology, sorted by key. */
            ontology: components["schemas"]["Concept"][];
            /** @description The project it was cut from. */
            project: components["schemas"]["ProjectId"];
            /** @description That project's name. */
            project_name: string;
            /**
             * Format: int32
             * @description The layout's version, [`SCHEMA`].
             */
            schema: number;
            /** @description How patients are split. */
            shares: components["schemas"]["SplitShares"];
            /** @description True where the images are generated. */
            synthetic: boolean;
        };
        /** @description A part of one of the texts that a finding is about. */
        Mark: {
            /** @description What could stand there instead, so that this text agrees with the other one. */
            fix?: string | null;
            /** @description The text's language. */
            lang: string;
            span?: components["schemas"]["Span"] | null;
        };
        /**
         * @description A score of a run, over its languages.
         * @enum {string}
         */
        Measure: "accuracy" | "mean_iou" | "region_f1";
        /** @description A member with their role. */
        Member: {
            /** @description What others see. */
            display_name: string;
            /**
             * Format: uuid
             * @description The user's id.
             */
            id: string;
            /** @description What they are in the project. */
            role: components["schemas"]["Role"];
            /** @description What they sign in with. */
            username: string;
        };
        /** @description A project's members. */
        Members: {
            /** @description By name. */
            members: components["schemas"]["Member"][];
        };
        /** @description One measured value at one step. */
        MetricPoint: {
            /** @description What was measured: `train/loss`, `train/learning_rate`, `train/turns_per_second`, `val/loss`, `test/accuracy.en`, … */
            name: string;
            /**
             * Format: int32
             * @description The optimizer step.
             */
            step: number;
            /**
             * Format: double
             * @description The value; must be finite.
             */
            value: number;
        };
        /** @description `POST /api/worker/runs/{id}/metrics`: the same name and step again replaces the value. */
        Metrics: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description The values. */
            points: components["schemas"]["MetricPoint"][];
        };
        /**
         * @description The kind of picture, in the spirit of DICOM's Modality (0008,0060).
         * @enum {string}
         */
        Modality: "ct" | "mr" | "xray" | "mammography" | "ultrasound" | "fundus" | "oct" | "dermatology" | "pathology" | "endoscopy" | "nuclear" | "other";
        /** @description A published model. */
        Model: {
            /** @description Its card, Markdown. */
            card: string;
            /** @description When it was published. */
            created_at: string;
            evaluation?: components["schemas"]["Evaluation"] | null;
            /** @description Its files by name. */
            files: {
                [key: string]: components["schemas"]["ObjectRef"];
            };
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What people call it. */
            name: string;
            /**
             * Format: uuid
             * @description Its project.
             */
            project_id: string;
            /** @description Whether it suggests now. */
            promoted: boolean;
            /**
             * Format: uuid
             * @description The run that gave it.
             */
            run_id: string;
        };
        /**
         * Format: uuid
         * @description A published model.
         */
        ModelId: string;
        /** @description The model a run starts from or a round asks: a model that ships with the trainer, or a published one. */
        ModelRef: {
            /** @enum {string} */
            kind: "builtin";
            /** @description Its name. */
            name: string;
        } | {
            /** @description Its id. */
            id: components["schemas"]["ModelId"];
            /** @enum {string} */
            kind: "published";
        };
        /** @description A project's models. */
        Models: {
            /** @description Newest first. */
            models: components["schemas"]["Model"][];
        };
        /**
         * @description In how many bits AdamW's two moments of each number are kept.
         * @enum {string}
         */
        MomentPrecision: "full" | "eight_bits";
        /** @description The layout of a data set that shall come in. */
        NewImport: {
            /** @description Its name, as `medreg import --from` has it. */
            format: string;
        };
        /** @description A new project. */
        NewProjectBody: {
            /**
             * Format: int32
             * @description Percent of cases shown without suggestions.
             */
            blind_share?: number;
            /** @description How to annotate, Markdown. */
            guideline?: string;
            /** @description The two languages; English and Chinese unless told otherwise. */
            langs?: string[];
            /** @description Its name. */
            name: string;
            /** @description Percent of patients held out. */
            shares?: components["schemas"]["SplitShares"];
            /** @description True where the images are generated. */
            synthetic?: boolean;
        };
        /** @description A new run. */
        NewRunBody: {
            /** @description What to start from. */
            base: components["schemas"]["ModelRef"];
            /**
             * Format: uuid
             * @description The run whose settings these are, or were.
             */
            cloned_from?: string | null;
            /** @description How to train. */
            config?: components["schemas"]["RunConfig"];
            /** @description What to call it. */
            name?: string | null;
            /** @description The snapshot to learn from. */
            snapshot: string;
        };
        /** @description What to call a snapshot, and what it takes. */
        NewSnapshotBody: {
            /**
             * @description Which of the submitted cases it takes; everything unless told otherwise.
             * @default {}
             */
            filter: components["schemas"]["Filter"];
            /**
             * @description Its name.
             * @default null
             */
            name: string | null;
        };
        /** @description A new token. */
        NewTokenBody: {
            /** @description What its owner calls it. */
            name: string;
            /** @description What it may do. */
            scope: components["schemas"]["TokenScope"];
        };
        /** @description A new user. */
        NewUserBody: {
            /** @description What others see. */
            display_name: string;
            /** @description Whether they run the installation. */
            is_admin?: boolean;
            /** @description Their first password. */
            password: string;
            /** @description What they sign in with. */
            username: string;
        };
        /** @description Which case is wanted. */
        NextCase: {
            /** @default null */
            split: components["schemas"]["Split"] | null;
        };
        /** @description Notes and tags of a run. */
        NotesBody: {
            /**
             * Format: int64
             * @description The revision they were made from.
             */
            based_on: number;
            /** @description What people write about the run. */
            notes: string;
            /** @description Words to find it by. */
            tags: string[];
        };
        /** @description An object by its hash. */
        ObjectRef: {
            /**
             * Format: int64
             * @description How many bytes it has.
             */
            bytes: number;
            /** @description The digest of its bytes. */
            sha256: string;
        };
        /** @description What one reader did with the suggestions they saw. No times: nobody is to be ranked by speed. */
        OfReader: {
            /** @description Cases they read with suggestions. */
            cases: number;
            /**
             * Format: int64
             * @description Regions that they drew and no suggestion had pointed to.
             */
            missed: number;
            /** @description How those ended. */
            outcomes: components["schemas"]["Outcomes"];
            /** @description Who. */
            reader: components["schemas"]["Person"];
        };
        /** @description The answer in the other language. */
        OtherAnswer: {
            /** @description The answer, tags kept. */
            answer: string;
            /** @description The boxes of the answer. */
            boxes: components["schemas"]["PixelBox"][];
            /** @description That language. */
            lang: string;
            /** @description The right answer. */
            truth: string;
        };
        /** @description What became of suggestions. */
        Outcomes: {
            /**
             * Format: int64
             * @description Taken as they were.
             */
            accepted: number;
            /**
             * Format: int64
             * @description Taken and changed.
             */
            adjusted: number;
            /**
             * Format: int64
             * @description Neither taken nor turned down.
             */
            ignored: number;
            /**
             * Format: int64
             * @description Turned down.
             */
            rejected: number;
        };
        /** @description How fast cases are read. */
        Pace: {
            /**
             * Format: int64
             * @description How many.
             */
            cases: number;
            /**
             * Format: double
             * @description Seconds a reader was at one, idle time left out, on average; 0 where there is none.
             */
            seconds: number;
        };
        /** @description A part of a case. */
        Part: {
            /** @description Its concept, in the snapshot that has it; in the second one where both have. */
            concept?: string | null;
            /** @description Its id. */
            id: components["schemas"]["RegionId"];
            /** @enum {string} */
            part: "region";
        } | {
            /** @description Its id. */
            id: components["schemas"]["SentenceId"];
            /** @enum {string} */
            part: "sentence";
        } | {
            /** @description Its id. */
            id: components["schemas"]["QuestionId"];
            /** @enum {string} */
            part: "question";
        } | {
            /** @description The question's id. */
            id: components["schemas"]["QuestionId"];
            /** @enum {string} */
            part: "answer";
        } | {
            /** @description What is looked for. */
            concept: string;
            /** @enum {string} */
            part: "finding";
        };
        /** @description A person by id and name. */
        Person: {
            /** @description What others see. */
            display_name: string;
            /**
             * Format: uuid
             * @description The account's id.
             */
            id: string;
        };
        /** @description [x0, y0, x1, y1] in image pixels, x0 < x1, y0 < y1 */
        PixelBox: number[];
        /** @description One image of the pool, as `GET /api/worker/acquisitions/{id}/pool` lists it, page by page. */
        PoolImage: {
            /**
             * Format: double
             * @description Where it is annotated, how many boxes were marked on it: the mean of its readers'.
             */
            boxes?: number | null;
            /** @description The image. */
            id: components["schemas"]["ImageId"];
            /** @description Where it is annotated, the concepts that a reader marked on it, each once. */
            marked?: components["schemas"]["ConceptKey"][];
            /** @description Its kind. */
            modality: components["schemas"]["Modality"];
            /** @description False for images that are only context: already annotated, so that coverage knows what is covered. */
            open: boolean;
            /** @description Its 8-bit PNG; fetched from `GET /api/worker/acquisitions/{id}/objects/{sha256}`. */
            raster: components["schemas"]["ObjectRef"];
            /** @description Its size. */
            size: components["schemas"]["ImageSize"];
        };
        /** @description One page of the pool. */
        PoolPage: {
            /** @description The images, in order of id. */
            images: components["schemas"]["PoolImage"][];
            next?: components["schemas"]["ImageId"] | null;
        };
        /**
         * @description How exactly a run computes. Weights and their gradients are 32-bit numbers in any case.
         * @enum {string}
         */
        Precision: "full" | "mixed";
        /** @description `POST /api/worker/acquisitions/{id}/predictions`: replaces earlier suggestions for these images that no reader has met. */
        Predictions: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description Image by image. */
            images: components["schemas"]["ImagePrediction"][];
        };
        /**
         * @description What a reader says about the concept in a region.
         * @enum {string}
         */
        Presence: "present" | "absent" | "uncertain";
        /** @description How far a project is. */
        Progress: {
            /** @description Submitted cases that were read with suggestions. */
            assisted: components["schemas"]["Pace"];
            /** @description Submitted cases whose suggestions were kept back, to compare with. */
            control: components["schemas"]["Pace"];
            /**
             * Format: int64
             * @description Images in all.
             */
            images: number;
            /**
             * Format: int64
             * @description Those that nobody has finished.
             */
            open: number;
            /**
             * Format: int64
             * @description Regions in the submitted revisions.
             */
            regions: number;
            /**
             * Format: int64
             * @description Those that somebody finished.
             */
            submitted: number;
            /** @description What became of suggestions. */
            suggestions: components["schemas"]["Outcomes"];
            /**
             * Format: int64
             * @description Those that wait for a person's word on burned-in data.
             */
            waiting_attestation: number;
        };
        /** @description A project, as its members see it. */
        Project: {
            /**
             * Format: int32
             * @description Percent of cases shown without suggestions.
             */
            blind_share: number;
            /** @description When it was made. */
            created_at: string;
            /** @description How to annotate, Markdown. */
            guideline: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description Whether those headers keep the patient's sex, age, size and the like. */
            keep_characteristics: boolean;
            /** @description What becomes of the dates in headers of DICOM files that come. */
            keep_dates: components["schemas"]["KeptDates"];
            /** @description The two languages of every description. */
            langs: string[];
            /** @description Its name. */
            name: string;
            routing?: components["schemas"]["Routing"] | null;
            /** @description Percent of patients held out. */
            shares: components["schemas"]["SplitShares"];
            /** @description True where the images are generated. */
            synthetic: boolean;
        };
        /** @description What a lead may change about a project. */
        ProjectChangeBody: {
            /**
             * Format: int32
             * @description Percent of cases shown without suggestions.
             */
            blind_share?: number | null;
            /** @description How to annotate, Markdown. */
            guideline?: string | null;
            /** @description Whether DICOM headers that come from now on keep the patient's sex, age, size and the like. */
            keep_characteristics?: boolean | null;
            keep_dates?: components["schemas"]["KeptDates"] | null;
            /** @description Its name. */
            name?: string | null;
            shares?: components["schemas"]["SplitShares"] | null;
        };
        /**
         * Format: uuid
         * @description A body of work: its images, readers, ontology and models.
         */
        ProjectId: string;
        /** @description A project with the caller's role in it. */
        ProjectView: components["schemas"]["Project"] & {
            /** @description What the caller is in it. */
            role: components["schemas"]["Role"];
        };
        /** @description Projects. */
        Projects: {
            /** @description By name. */
            projects: components["schemas"]["ProjectView"][];
        };
        /** @description How to use a promoted model. */
        PromoteBody: {
            /**
             * @description The round that it is asked for.
             * @default {
             *       "boxes": null,
             *       "budget": null,
             *       "model": null,
             *       "seed": 0,
             *       "strategy": "hybrid"
             *     }
             */
            acquire: components["schemas"]["Wish"];
        };
        /** @description A promoted model and the round that was asked for. */
        Promoted: {
            /** @description The round. */
            acquisition: components["schemas"]["Acquisition"];
            /** @description The model. */
            model: components["schemas"]["Model"];
        };
        /** @description A region that a model proposes. */
        ProposedRegion: {
            /** @description Where. */
            bbox: components["schemas"]["PixelBox"];
            /** @description Whether the confidence was held against outcomes. */
            calibrated?: boolean;
            /** @description What. */
            concept: components["schemas"]["ConceptKey"];
            /**
             * Format: double
             * @description How probably the box is right, in 0..=1: where `calibrated`, the share of boxes with such signals that overlapped a true one by
             *     an IoU of at least 0.5, among patients that the model did not learn from; elsewhere the probability of the answer's tokens.
             */
            confidence: number;
            outer?: components["schemas"]["PixelBox"] | null;
            signals?: components["schemas"]["RegionSignals"] | null;
            /** @description The model's description in each language. */
            texts: {
                [key: string]: string;
            };
        };
        /** @description One question about the image with its answer, for visual question answering. */
        Question: {
            /** @description What is answered, in each language. */
            answer?: {
                [key: string]: string;
            };
            /** @description Stable across the revisions that keep the question; chosen by whoever writes it. */
            id: components["schemas"]["QuestionId"];
            /** @description What is asked, in each language. */
            question?: {
                [key: string]: string;
            };
            region?: components["schemas"]["RegionId"] | null;
        };
        /**
         * Format: uuid
         * @description One question about an image, stable across the revisions that keep it.
         */
        QuestionId: string;
        /** @description What is known of a model's answer to one question of a round, as measured; what was not asked is absent. */
        QuestionSignals: {
            answer?: components["schemas"]["Signals"] | null;
            /** @description The concept that was asked for. */
            concept: components["schemas"]["ConceptKey"];
            coordinates?: components["schemas"]["Signals"] | null;
            /**
             * Format: double
             * @description One less the mean overlap of the boxes of each two of all these answers, in 0..=1.
             */
            disagreement?: number | null;
            /** @description The boxes of further answers, drawn from the model's own distribution, on the grid of 0..=999. */
            drawn?: number[][][];
            /** @description A sketch of the answer's gradient in the last layer's weights. */
            gradient?: number[] | null;
            /**
             * Format: double
             * @description The mutual information of the answer and what is left out of the picture, in nats.
             */
            information?: number | null;
            /**
             * Format: double
             * @description How much more probable each token was than the likeliest other one, the mean over the answer.
             */
            margin?: number | null;
            /**
             * Format: double
             * @description The share of the answer's boxes that the model, asked what they show, calls by the name that it was asked for.
             */
            round_trip?: number | null;
            /** @description The boxes of the answer to the same question in the project's other language. */
            translated?: number[][] | null;
            words?: components["schemas"]["Signals"] | null;
        };
        /** @description A run among others. */
        Ranked: components["schemas"]["EvaluatedRun"] & {
            extent?: components["schemas"]["Extent"] | null;
            /** @description Its scores in each language. */
            scores: components["schemas"]["Scores"][];
        };
        /** @description One chosen image. */
        RankedImage: {
            /** @description The image. */
            image: components["schemas"]["ImageId"];
            /** @description Why it was chosen. */
            reason: components["schemas"]["ChoiceReason"];
            /**
             * Format: double
             * @description The strategy's score; higher is sooner.
             */
            score: number;
        };
        /** @description Cases that were read alike. */
        ReadAlike: {
            /** @description How many. */
            cases: number;
            /**
             * Format: double
             * @description Of the readers' boxes, the share that coincides with one of the model's (IoU of at least 0.9).
             */
            coinciding?: number | null;
            /**
             * Format: double
             * @description Regions in one, the mean.
             */
            regions?: number | null;
            /**
             * Format: double
             * @description Seconds a reader was at one, idle time left out, the mean over those.
             */
            seconds?: number | null;
            /** @description Those whose seconds were counted. */
            timed: number;
        };
        /** @description One box on one frame, what it shows, and its description in each language. */
        Region: {
            /** @description Where it is, in image pixels. */
            bbox: components["schemas"]["PixelBox"];
            concept?: components["schemas"]["ConceptKey"] | null;
            /**
             * Format: int32
             * @description The frame it lies on; 0 where the image has one.
             */
            frame?: number;
            /** @description Stable across the revisions that keep the region; chosen by whoever draws it. */
            id: components["schemas"]["RegionId"];
            origin?: components["schemas"]["SuggestionId"] | null;
            /** @description Whether it is there. */
            presence?: components["schemas"]["Presence"];
            /** @description The description in each language. */
            texts?: {
                [key: string]: string;
            };
        };
        /**
         * Format: uuid
         * @description One region, stable across the revisions that keep it.
         */
        RegionId: string;
        /** @description The signals behind one proposed region. */
        RegionSignals: {
            /** @description Of all tokens of the answer that it is from. */
            answer: components["schemas"]["Signals"];
            /** @description Of the tokens of its own coordinates. */
            coordinates: components["schemas"]["Signals"];
        };
        /** @description What a run that ended early goes on from. */
        ResumeBody: {
            /**
             * Format: int32
             * @description The checkpoint after this step, of those that its worker keeps; the newest where it is absent.
             * @default null
             */
            step: number | null;
        };
        /** @description One saved state of an annotation. */
        Revision: {
            /** @description What it says. */
            content: components["schemas"]["AnnotationContent"];
            /**
             * Format: int64
             * @description Its number, from 1.
             */
            revision: number;
            /** @description When it was saved. */
            saved_at: string;
            /** @description Whether it was submitted. */
            submitted: boolean;
        };
        /** @description A page of an annotation's saved states. */
        Revisions: {
            /** @description Oldest first. */
            revisions: components["schemas"]["Revision"][];
        };
        /**
         * @description What somebody is in a project.
         * @enum {string}
         */
        Role: "annotator" | "reviewer" | "engineer" | "lead" | "admin";
        /** @description What somebody is to be. */
        RoleBody: {
            /** @description annotator, reviewer, engineer or lead. */
            role: components["schemas"]["Role"];
        };
        /** @description A round and what came of it. */
        Round: components["schemas"]["Acquisition"] & {
            /** @description What the strategy chose. */
            chosen: components["schemas"]["RoundPart"];
            /** @description What was drawn by chance beside it: the random control. */
            control: components["schemas"]["RoundPart"];
            /** @description The name of the model that was asked, where it is not the shipped one. */
            model_name?: string | null;
            /**
             * Format: int64
             * @description Its place among all rounds that were asked for in the project, from 1.
             */
            number: number;
            /**
             * Format: int64
             * @description Its images that nobody has submitted and somebody still could.
             */
            open: number;
            result?: components["schemas"]["RoundResult"] | null;
        };
        /** @description What one round's model had said of the images, beside what readers then said of them. */
        RoundAgreement: components["schemas"]["Agreements"] & {
            /**
             * Format: int64
             * @description The round's number.
             */
            number: number;
            /**
             * Format: uuid
             * @description The round.
             */
            round: string;
        };
        /** @description One image of a round. */
        RoundItem: {
            /**
             * Format: int64
             * @description Regions in those.
             */
            boxes: number;
            /**
             * Format: int64
             * @description Submitted annotations of it that count for this round; of an image that was read before the round, or for a later one, there are none.
             */
            cases: number;
            /** @description Whether it was drawn by chance, as a control. */
            control: boolean;
            /**
             * Format: uuid
             * @description The image.
             */
            image: string;
            /**
             * Format: int32
             * @description Its place, from 1.
             */
            rank: number;
            /** @description Why it was asked for. */
            reason: components["schemas"]["ChoiceReason"];
            /**
             * Format: double
             * @description The strategy's score.
             */
            score: number;
            /**
             * Format: double
             * @description Seconds the readers were at those, idle time left out; absent where nobody counted.
             */
            seconds?: number | null;
            /** @description Where it is now. */
            state: components["schemas"]["ImageState"];
        };
        /** @description A page of a round's images. */
        RoundItems: {
            /** @description First to last. */
            items: components["schemas"]["RoundItem"][];
            /**
             * Format: int32
             * @description Pass as `after` for the next page; absent on the last.
             */
            next?: number | null;
        };
        /** @description One part of a round's images, and what was read of them. */
        RoundPart: {
            /**
             * Format: int64
             * @description Images that were asked for.
             */
            asked: number;
            /**
             * Format: int64
             * @description Regions in those.
             */
            boxes: number;
            /**
             * Format: int64
             * @description Submitted annotations of them that count for the round.
             */
            cases: number;
            /**
             * Format: double
             * @description Seconds the readers were at those, idle time left out.
             */
            seconds: number;
            /**
             * Format: int64
             * @description The annotations of which the seconds were counted: those from elsewhere have none.
             */
            timed: number;
        };
        /** @description The run that came of a round. */
        RoundResult: {
            /**
             * Format: int64
             * @description The images of the round's cases that its snapshot holds.
             */
            held: number;
            /**
             * Format: int64
             * @description The images of the round's cases that a snapshot can hold: those that could be judged and were not withheld.
             */
            of: number;
            /** @description The run. */
            scored: components["schemas"]["ScoredRun"];
        };
        /** @description A round, and what its model had said of what was read. */
        RoundView: components["schemas"]["Round"] & {
            agreements?: components["schemas"]["Agreements"] | null;
        };
        /** @description A page of a project's rounds. */
        Rounds: {
            /**
             * Format: int64
             * @description Pass as `before` for the next page; absent on the last.
             */
            next?: number | null;
            /** @description Newest first. */
            rounds: components["schemas"]["Round"][];
        };
        /**
         * @description Which way a case goes.
         * @enum {string}
         */
        Route: "accept_after_review" | "expert_first" | "second_reader";
        /** @description How many cases went which way. */
        RouteCounts: {
            /**
             * Format: int64
             * @description Unread cases that any reader's review settles.
             */
            accept_after_review: number;
            /**
             * Format: int64
             * @description Cases that were accepted after review: no disagreement.
             */
            accepted: number;
            /** @description Second readings of accepted cases, drawn by chance: of those that were read, `changed` is how often an acceptance did not hold. */
            audit: components["schemas"]["SecondReadings"];
            /** @description Second readings where reader and model disagreed. */
            disagreement: components["schemas"]["SecondReadings"];
            /**
             * Format: int64
             * @description Unread cases for an expert.
             */
            expert_first: number;
            /** @description Second readings of what somebody who is no expert had read. */
            junior: components["schemas"]["SecondReadings"];
        };
        /** @description A project's thresholds; off where a project has none. */
        Routing: {
            /**
             * Format: double
             * @description From this confidence on a suggestion is sure: a case all of whose suggestions are may be accepted after any reader's review. In 0..=1.
             */
            accept_from: number;
            /**
             * Format: int32
             * @description Percent of accepted cases that a second reader looks at all the same, drawn by chance: 2 to 5.
             */
            audit_percent: number;
            /**
             * Format: double
             * @description Below this confidence a suggestion is a guess: turning it down is no disagreement. In 0..=1, at most `accept_from`.
             */
            guess_below: number;
        };
        /** @description By which confidences cases go to whom. */
        RoutingBody: {
            routing?: components["schemas"]["Routing"] | null;
        };
        /**
         * @description What is looked at.
         * @enum {string}
         */
        Rule: "laterality" | "numbers" | "negation" | "terms" | "empty" | "untranslated" | "side" | "placeholder";
        /** @description A training run. */
        Run: {
            /**
             * Format: int32
             * @description How often it was handed out.
             */
            attempt: number;
            /** @description What it starts from. */
            base: components["schemas"]["ModelRef"];
            /** @description The checkpoints that its worker keeps, oldest first. */
            checkpoints: components["schemas"]["HeldCheckpoint"][];
            /**
             * Format: uuid
             * @description The run that its settings were taken from.
             */
            cloned_from?: string | null;
            /** @description How it trains. */
            config: components["schemas"]["RunConfig"];
            /** @description When it was launched. */
            created_at: string;
            /**
             * Format: int64
             * @description Steps, or images, done.
             */
            done: number;
            /** @description Why it failed. */
            error?: string | null;
            evaluation?: components["schemas"]["Evaluation"] | null;
            /** @description When it ended. */
            finished_at?: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * Format: uuid
             * @description The model it gave.
             */
            model_id?: string | null;
            /** @description What people call it. */
            name: string;
            /** @description What people wrote about it. */
            notes: string;
            /**
             * Format: int64
             * @description How often notes and tags were changed; a change names the one it was made from.
             */
            notes_revision: number;
            /** @description What the worker is at. */
            phase?: string | null;
            /**
             * Format: uuid
             * @description Its project.
             */
            project_id: string;
            /** @description Whether it can be resumed: it failed, or it was stopped and its worker still keeps what it learnt. */
            resumable: boolean;
            /**
             * Format: int32
             * @description The step whose checkpoint it is to go on from, until its worker has written one after that.
             */
            resume_from?: number | null;
            /** @description The snapshot it learns from. */
            snapshot: string;
            /** @description When a worker first took it. */
            started_at?: string | null;
            /** @description Where it stands. */
            state: components["schemas"]["RunState"];
            /** @description Words to find it by. */
            tags: string[];
            /**
             * Format: int64
             * @description Steps, or images, in all.
             */
            total: number;
            /** @description Who has it. */
            worker?: string | null;
        };
        /** @description How a run trains. Every field has a default that suits the shipped base model. */
        RunConfig: {
            /**
             * Format: int32
             * @description Batches per step, worked on one after the other: the gradient is that of all their images together.
             * @default 1
             */
            accumulate: number;
            /**
             * Format: int32
             * @description Images per batch; a step takes one batch, or as many as `accumulate` says.
             * @default 4
             */
            batch_images: number;
            /**
             * Format: int32
             * @description Steps between two checkpoints.
             * @default 200
             */
            checkpoint_every: number;
            /**
             * Format: double
             * @description Gradients longer than this are scaled down to it.
             * @default 1
             */
            clip_norm: number;
            /**
             * Format: double
             * @description The share of the weights' running average that each step keeps, such as 0.999; after n steps it is at most (1 + n) / (10 + n).
             *     The average is then what the run gives out. 0 gives out the weights themselves.
             * @default 0
             */
            ema: number;
            /**
             * Format: int32
             * @description Newest checkpoints that are kept; the one with the lowest smoothed loss is kept besides.
             * @default 2
             */
            keep_checkpoints: number;
            /**
             * Format: double
             * @description Peak learning rate.
             * @default 0.001
             */
            learning_rate: number;
            /**
             * Format: int32
             * @description Steps between two logged losses.
             * @default 5
             */
            log_every: number;
            /**
             * @description In how many bits the optimizer's moments are kept.
             * @default full
             */
            moments: components["schemas"]["MomentPrecision"];
            /**
             * @description How exactly the model's products are computed.
             * @default full
             */
            precision: components["schemas"]["Precision"];
            /**
             * @description Whether layers keep their inputs alone and compute the rest again on the way back: less memory, a longer step.
             * @default false
             */
            recompute: boolean;
            /**
             * @description How the learning rate goes on after that.
             * @default cosine
             */
            schedule: components["schemas"]["LearningRateSchedule"];
            /**
             * Format: int64
             * @description The seed of order, sampling, initial adapters and what dropout leaves out.
             * @default 1
             */
            seed: number;
            /**
             * Format: int32
             * @description Optimizer steps.
             * @default 600
             */
            steps: number;
            /**
             * @description What may change.
             * @default {
             *       "kind": "full"
             *     }
             */
            tuning: components["schemas"]["Tuning"];
            /**
             * Format: int32
             * @description Question–answer turns taken of each image per step.
             * @default 8
             */
            turns_per_image: number;
            /**
             * Format: int32
             * @description Framings and exposures of each picture, taken in turn; 0 draws fresh ones at every visit. Where vision tower and projector are not
             *     trained, what they make of a bounded number of them is kept instead of computed at every visit.
             * @default 0
             */
            views: number;
            /**
             * Format: double
             * @description The share of the steps over which the learning rate rises.
             * @default 0.05
             */
            warmup: number;
            /**
             * Format: double
             * @description Decoupled weight decay.
             * @default 0.01
             */
            weight_decay: number;
        };
        /** @description Two runs on the questions that both were asked. */
        RunDifference: {
            /** @description The first run. */
            a: components["schemas"]["EvaluatedRun"];
            /** @description How much the first was asked. */
            asked_a: components["schemas"]["Extent"];
            /** @description How much the second was asked. */
            asked_b: components["schemas"]["Extent"];
            /** @description The second, held against it. */
            b: components["schemas"]["EvaluatedRun"];
            /** @description How many answers became better or worse. */
            changes: components["schemas"]["Changes"][];
            /** @description By how much the scores differ. */
            differences: components["schemas"]["Difference"][];
            /** @description How much both were asked. */
            shared: components["schemas"]["Extent"];
        };
        /**
         * Format: uuid
         * @description One training run.
         */
        RunId: string;
        /** @description A training run to carry out. */
        RunItem: {
            /**
             * Format: int32
             * @description Which hand-out of the run this is, from 1; sent back in every message, so that a worker that lost its claim is told.
             */
            attempt: number;
            /** @description What to start from. */
            base: components["schemas"]["ModelRef"];
            /** @description How to train. */
            config: components["schemas"]["RunConfig"];
            /** @description The run. */
            id: components["schemas"]["RunId"];
            /**
             * Format: int32
             * @description Seconds without a heartbeat after which another worker may claim it.
             */
            lease_seconds: number;
            /** @description Its project. */
            project: components["schemas"]["ProjectId"];
            /**
             * Format: int32
             * @description Go on from the checkpoint after this step, which the worker said it has, and not from the newest.
             */
            resume_from?: number | null;
            /** @description The snapshot to learn from. */
            snapshot: string;
        };
        /** @description What a run's workers said. */
        RunLog: {
            /** @description Newest last. */
            lines: components["schemas"]["LoggedLine"][];
        };
        /**
         * @description How a run ended well.
         * @enum {string}
         */
        RunOutcome: "finished" | "stopped";
        /** @description `GET /api/worker/runs/{id}`: what became of a run, for a worker that keeps its checkpoints. */
        RunStanding: {
            /** @description It gave its model and cannot be resumed: nobody goes on from its checkpoints any more. */
            published: boolean;
        };
        /**
         * @description Where a run stands.
         * @enum {string}
         */
        RunState: "queued" | "running" | "stopping" | "finished" | "stopped" | "failed";
        /** @description A page of a project's runs. */
        Runs: {
            /**
             * Format: uuid
             * @description Pass as `after` for the next page; absent on the last.
             */
            next?: string | null;
            /** @description Newest first. */
            runs: components["schemas"]["Run"][];
            /** @description All tags of the project's runs. */
            tags: string[];
        };
        /** @description A region that an answer speaks of, or that was looked for before it was written. */
        SaidRegion: {
            /** @description Where. */
            bbox: components["schemas"]["PixelBox"];
            /** @description What the model calls it; empty where it gives it no name. */
            name: string;
        };
        /** @description A new revision. */
        Save: {
            /**
             * Format: int64
             * @description The revision it was made from.
             */
            based_on: number;
            /** @description What it says. */
            content: components["schemas"]["AnnotationContent"];
        };
        /** @description A score, with how far it may be trusted. */
        Score: {
            /** @description Between which 95 % of the draws of patients lie; absent with fewer than thirty patients. */
            interval?: number[] | null;
            /**
             * Format: int64
             * @description What it is a share of: regions whose name was asked for, true boxes, or true boxes and those of the answers together.
             */
            of: number;
            /** @description The patients that it rests on. */
            patients: number;
            /**
             * Format: double
             * @description The score.
             */
            value: number;
        };
        /** @description A finished run with what it learnt from and its scores. */
        ScoredRun: {
            /**
             * Format: int64
             * @description Regions of the training split in that snapshot.
             */
            boxes: number;
            /** @description Scores on the snapshot's test split. */
            evaluation: components["schemas"]["Evaluation"];
            /**
             * Format: uuid
             * @description The model it gave.
             */
            model?: string | null;
            /** @description What people call it. */
            name: string;
            /**
             * Format: uuid
             * @description The run.
             */
            run: string;
            /**
             * Format: double
             * @description Seconds the readers were at the snapshot's training images until it was cut, idle time left out.
             */
            seconds: number;
            /** @description What it learnt from. */
            snapshot: string;
        };
        /** @description The scores in one language. */
        Scores: {
            accuracy?: components["schemas"]["Score"] | null;
            /**
             * Format: int64
             * @description Answers that they rest on.
             */
            answers: number;
            /** @description The language. */
            lang: string;
            mean_iou?: components["schemas"]["Score"] | null;
            region_f1?: components["schemas"]["Score"] | null;
        };
        /** @description Second readings for one reason. */
        SecondReadings: {
            /**
             * Format: int64
             * @description Of those, the ones in which the second reader's regions are others than the first's.
             */
            changed: number;
            /**
             * Format: int64
             * @description Cases that had one.
             */
            read: number;
            /**
             * Format: int64
             * @description Cases that wait for one.
             */
            waiting: number;
        };
        /** @description One sentence of a report, with the regions it speaks of. */
        Sentence: {
            /** @description Stable across the revisions that keep the sentence; chosen by whoever writes it. */
            id: components["schemas"]["SentenceId"];
            /** @description The regions it speaks of, as in a grounded report (MedRegA, arXiv 2410.18387); none where it is about the whole image. */
            regions?: components["schemas"]["RegionId"][];
            /** @description What it says, in each language. */
            texts?: {
                [key: string]: string;
            };
        };
        /**
         * Format: uuid
         * @description One sentence of a report, stable across the revisions that keep it.
         */
        SentenceId: string;
        /** @description Measured values by name: [step, value]. */
        Series: {
            /** @description In order of steps. */
            series: {
                [key: string]: number[][];
            };
        };
        /** @description What one may change about oneself. */
        SessionChange: {
            /** @description en, zh-Hans or ja. */
            interface_lang: string;
        };
        /** @description Who is signed in. */
        SessionView: {
            /** @description What state-changing requests must carry as X-CSRF-Token. */
            csrf_token: string;
            /** @description How they work with the page. */
            settings: components["schemas"]["Settings"];
            /** @description The user. */
            user: components["schemas"]["User"];
        };
        /** @description How a person works with the page, wherever they sign in. */
        Settings: {
            /** @description Whether names stand beside the boxes. */
            box_names: boolean;
            /** @description Whether keys that also write a character are in use. */
            letter_keys: boolean;
            /** @description Whether every box is drawn by two clicks, never by dragging. */
            two_clicks: boolean;
        };
        /** @description What the manifests of two snapshots say otherwise, their cases left aside. */
        SettingsDifference: {
            /** @description Concepts that only the second one has. */
            concepts_added: string[];
            /** @description Concepts that both have, with other names, synonyms, codes or modalities. */
            concepts_changed: string[];
            /** @description Concepts that only the first one has. */
            concepts_removed: string[];
            filter?: components["schemas"]["Turned_Filter"] | null;
            guideline?: components["schemas"]["Turned_String"] | null;
            langs?: components["schemas"]["Turned_Vec_String"] | null;
            project_name?: components["schemas"]["Turned_String"] | null;
            shares?: components["schemas"]["Turned_SplitShares"] | null;
        };
        /**
         * @description How grave it is, if it is right.
         * @enum {string}
         */
        Severity: "notice" | "warning";
        /** @description A name and a password. */
        SignIn: {
            /** @description The password. */
            password: string;
            /** @description The user's name. */
            username: string;
        };
        /** @description How sure a model was of some tokens of an answer, as measured: natural logarithms, nothing calibrated. */
        Signals: {
            /**
             * Format: double
             * @description The mean entropy of the distributions that the tokens were taken from, in nats.
             */
            entropy: number;
            /**
             * Format: double
             * @description The least log-probability.
             */
            least: number;
            /**
             * Format: double
             * @description The least difference to the log-probability of the likeliest other token; below 0 where a likelier one was ruled out.
             */
            margin: number;
            /**
             * Format: double
             * @description The mean log-probability.
             */
            mean: number;
        };
        /** @description The scores of a part of the data, in one language. */
        Slice: {
            /** @description What its answers have in common. */
            by: components["schemas"]["SliceBy"];
            /** @description Its scores. */
            scores: components["schemas"]["Scores"];
            /** @description A modality's name, or a concept's key. */
            value: string;
        };
        /**
         * @description What the answers of a slice have in common.
         * @enum {string}
         */
        SliceBy: "modality" | "concept";
        /** @description One level of a slide: the whole of it at some size, cut into tiles. */
        SlideLevel: {
            /**
             * Format: int32
             * @description Pixels down.
             */
            height: number;
            /**
             * Format: int32
             * @description Pixels down a tile.
             */
            tile_height: number;
            /**
             * Format: int32
             * @description Pixels across a tile; those at the right edge may be narrower, or reach beyond the level.
             */
            tile_width: number;
            /**
             * Format: int32
             * @description Pixels across.
             */
            width: number;
        };
        /** @description A snapshot as people see it. */
        Snapshot: {
            /** @description When it was cut. */
            created_at: string;
            /** @description Who cut it. */
            created_by: components["schemas"]["Person"];
            /** @description The SHA-256 of its manifest. */
            id: string;
            /** @description What it is. */
            manifest: components["schemas"]["Manifest"];
            /** @description What people call it. */
            name: string;
            /**
             * Format: uuid
             * @description Its project.
             */
            project_id: string;
        };
        /** @description A project's snapshots. */
        Snapshots: {
            /** @description Newest first. */
            snapshots: components["schemas"]["Snapshot"][];
        };
        /** @description A part of a text, in UTF-16 code units from its start, as a browser counts. */
        Span: {
            /** @description Where it ends, exclusive. */
            end: number;
            /** @description Where it begins. */
            start: number;
        };
        /**
         * @description Which part of a data set a patient belongs to; all of a patient's images share it.
         * @enum {string}
         */
        Split: "train" | "val" | "test";
        /** @description The size of one split. */
        SplitCounts: {
            /**
             * Format: int64
             * @description Images.
             */
            images: number;
            /**
             * Format: int64
             * @description Patients.
             */
            patients: number;
            /**
             * Format: int64
             * @description Regions.
             */
            regions: number;
        };
        /** @description The percentages of patients held out for validation and for testing; the rest is for training. */
        SplitShares: {
            /**
             * Format: int32
             * @description Percent for testing.
             */
            test: number;
            /**
             * Format: int32
             * @description Percent for validation.
             */
            val: number;
        };
        /** @description A file of a data set. */
        StagedFile: {
            /**
             * Format: int64
             * @description Its length.
             */
            bytes: number;
            /**
             * Format: int64
             * @description When it was changed on the computer that it came from, in milliseconds since 1970.
             */
            modified: number;
            /** @description Its path in the data set. */
            path: string;
        };
        /** @description A page of a data set's files. */
        StagedFiles: {
            /** @description By path. */
            files: components["schemas"]["StagedFile"][];
            /** @description Where the next page begins; none after the last. */
            next?: string | null;
        };
        /**
         * @description How the next images are chosen.
         * @enum {string}
         */
        Strategy: "random" | "stratified-random" | "typical" | "coverage" | "entropy" | "margin" | "box-disagreement" | "bald" | "badge" | "hybrid";
        /** @description A revision that is finished. */
        Submit: {
            /**
             * Format: double
             * @description Seconds the reader was at it, idle time left out.
             */
            active_seconds: number;
            /**
             * Format: int64
             * @description The latest revision.
             */
            revision: number;
        };
        /** @description A region that a model proposed. */
        Suggestion: {
            /** @description Where. */
            bbox: components["schemas"]["PixelBox"];
            /** @description Whether the confidence was held against outcomes. */
            calibrated: boolean;
            /** @description What. */
            concept: string;
            /**
             * Format: double
             * @description How probably it is right, in 0..=1: where `calibrated`, the share of boxes that a reader would have placed with an IoU of at least 0.5,
             *     as often as among held-out patients; elsewhere the probability of the answer's tokens.
             */
            confidence: number;
            /**
             * Format: uuid
             * @description Its id; a region that grows from it names it as its origin.
             */
            id: string;
            /**
             * Format: uuid
             * @description The model.
             */
            model_id: string;
            /** @description Its name. */
            model_name: string;
            outer?: components["schemas"]["PixelBox"] | null;
            /** @description The model's description in each language. */
            texts: {
                [key: string]: string;
            };
        };
        /**
         * Format: uuid
         * @description One region that a model proposed.
         */
        SuggestionId: string;
        /** @description A description that is offered to readers. */
        Template: {
            concept?: components["schemas"]["ConceptKey"] | null;
            /** @description What it is called where it is offered. */
            name: string;
            /** @description The description in each of the project's languages. `{size}` is a placeholder: the next thing that a reader types. */
            texts: {
                [key: string]: string;
            };
        };
        /** @description A project's templates, read and written alike. */
        Templates: {
            /** @description In their lead's order. */
            templates: components["schemas"]["Template"][];
        };
        /** @description What became of the texts of suggestions in one language. */
        TextChanges: {
            /**
             * Format: double
             * @description Characters inserted, deleted or replaced, by the characters of the longer text, the mean over these regions: 0 unchanged, 1 all anew.
             */
            distance: number;
            /** @description Regions that grew from a suggestion with a text in this language, or have one now. */
            regions: number;
            /** @description Those whose text was left as it was. */
            unchanged: number;
        };
        /** @description A token, without its secret. */
        Token: {
            /** @description When it was made. */
            created_at: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description When it was last used, to the minute. */
            last_used_at?: string | null;
            /** @description What its owner calls it. */
            name: string;
            /** @description When it was revoked. */
            revoked_at?: string | null;
            /** @description `user` or `worker`. */
            scope: string;
        };
        /**
         * @description What a token may do.
         * @enum {string}
         */
        TokenScope: "user" | "worker";
        /** @description Somebody's tokens. */
        Tokens: {
            /** @description Oldest first. */
            tokens: components["schemas"]["Token"][];
        };
        /** @description How many of each. */
        Totals: {
            /**
             * Format: int64
             * @description Regions that lie elsewhere.
             */
            boxes_moved: number;
            /**
             * Format: int64
             * @description Cases that only the second snapshot has.
             */
            cases_added: number;
            /**
             * Format: int64
             * @description Cases that both have and that say different things.
             */
            cases_changed: number;
            /**
             * Format: int64
             * @description Cases that only the first snapshot has.
             */
            cases_removed: number;
            /**
             * Format: int64
             * @description Cases that are the same to the last character.
             */
            cases_unchanged: number;
            /**
             * Format: int64
             * @description Regions that show another concept.
             */
            concepts_changed: number;
            /**
             * Format: int64
             * @description Regions that only the second snapshot has, those of its new cases among them.
             */
            regions_added: number;
            /**
             * Format: int64
             * @description Regions that only the first snapshot has, those of its own cases among them.
             */
            regions_removed: number;
            /** @description Texts that read otherwise, by language. */
            texts_edited: {
                [key: string]: number;
            };
        };
        /** @description What was done to one attribute, wherever it stood at this depth. */
        TreatedAttribute: {
            /** @description What was done. */
            deed: components["schemas"]["Deed"];
            /**
             * Format: int32
             * @description In how many sequences it stood.
             */
            depth: number;
            /** @description Its keyword in the standard's dictionary; absent where it is private or unknown. */
            name?: string | null;
            /** @description Its group and element, `0010,0010`. */
            tag: string;
            /**
             * Format: int64
             * @description How often.
             */
            times: number;
        };
        /** @description Which weights a run may change. */
        Tuning: {
            /** @enum {string} */
            kind: "full";
        } | {
            /**
             * Format: float
             * @description The scale's numerator: adapters are multiplied by alpha / rank.
             * @default 16
             */
            alpha: number;
            /**
             * Format: float
             * @description The share of an adapter's inputs that each training step leaves out by chance, in 0..1; none where it is absent.
             * @default 0
             */
            dropout: number;
            /** @enum {string} */
            kind: "lora";
            /**
             * Format: int32
             * @description The adapters' rank.
             * @default 8
             */
            rank: number;
            /**
             * @description Which layers, by the end of their path as PEFT's `target_modules` name them: `q_proj`, `mlp.fc1`, `mlp1.1`. A `*` stands
             *     for anything: `vision_model.*.attn.qkv`, `language_model.*`. Paths are those of the original code, or of the HF-native
             *     one (`attention.q_proj`, `linear_1`) where no original path ends so. The decoder's seven where it is absent.
             * @default [
             *       "language_model.*.q_proj",
             *       "language_model.*.k_proj",
             *       "language_model.*.v_proj",
             *       "language_model.*.o_proj",
             *       "language_model.*.gate_proj",
             *       "language_model.*.up_proj",
             *       "language_model.*.down_proj"
             *     ]
             */
            targets: string[];
        };
        /** @description Before and after. */
        Turned_Filter: {
            /** @description What is taken; by itself everything. */
            from: {
                /**
                 * @description Images alone whose every region is described in both languages.
                 * @default false
                 */
                both_languages: boolean;
                /**
                 * @description Regions and labels of these concepts alone; of all where none is named. The snapshot's ontology is cut to them too: of what was
                 *     left out, nobody may learn that it is absent.
                 * @default []
                 */
                concepts: string[];
                /**
                 * @description Images of these kinds alone; of every kind where none is named.
                 * @default []
                 */
                modalities: components["schemas"]["Modality"][];
            };
            /** @description What is taken; by itself everything. */
            to: {
                /**
                 * @description Images alone whose every region is described in both languages.
                 * @default false
                 */
                both_languages: boolean;
                /**
                 * @description Regions and labels of these concepts alone; of all where none is named. The snapshot's ontology is cut to them too: of what was
                 *     left out, nobody may learn that it is absent.
                 * @default []
                 */
                concepts: string[];
                /**
                 * @description Images of these kinds alone; of every kind where none is named.
                 * @default []
                 */
                modalities: components["schemas"]["Modality"][];
            };
        };
        /** @description Before and after. */
        Turned_Option_String: {
            from: null | string;
            to: null | string;
        };
        /** @description Before and after. */
        Turned_Option_Verdict: {
            from: null | ({
                /** @enum {string} */
                kind: "nothing_found";
            } | {
                /** @enum {string} */
                kind: "not_assessable";
                /** @description Why: motion, exposure, the wrong part of the body. */
                reason?: string;
            });
            to: null | ({
                /** @enum {string} */
                kind: "nothing_found";
            } | {
                /** @enum {string} */
                kind: "not_assessable";
                /** @description Why: motion, exposure, the wrong part of the body. */
                reason?: string;
            });
        };
        /** @description Before and after. */
        Turned_Presence: {
            /**
             * @description What a reader says about the concept in a region.
             * @enum {string}
             */
            from: "present" | "absent" | "uncertain";
            /**
             * @description What a reader says about the concept in a region.
             * @enum {string}
             */
            to: "present" | "absent" | "uncertain";
        };
        /** @description Before and after. */
        Turned_Split: {
            /**
             * @description Which part of a data set a patient belongs to; all of a patient's images share it.
             * @enum {string}
             */
            from: "train" | "val" | "test";
            /**
             * @description Which part of a data set a patient belongs to; all of a patient's images share it.
             * @enum {string}
             */
            to: "train" | "val" | "test";
        };
        /** @description Before and after. */
        Turned_SplitShares: {
            /** @description The percentages of patients held out for validation and for testing; the rest is for training. */
            from: {
                /**
                 * Format: int32
                 * @description Percent for testing.
                 */
                test: number;
                /**
                 * Format: int32
                 * @description Percent for validation.
                 */
                val: number;
            };
            /** @description The percentages of patients held out for validation and for testing; the rest is for training. */
            to: {
                /**
                 * Format: int32
                 * @description Percent for testing.
                 */
                test: number;
                /**
                 * Format: int32
                 * @description Percent for validation.
                 */
                val: number;
            };
        };
        /** @description Before and after. */
        Turned_String: {
            from: string;
            to: string;
        };
        /** @description Before and after. */
        Turned_Vec_String: {
            from: string[];
            to: string[];
        };
        /** @description Before and after. */
        Turned_Vec_f64: {
            from: number[];
            to: number[];
        };
        /** @description Before and after. */
        Turned_u32: {
            /** Format: int32 */
            from: number;
            /** Format: int32 */
            to: number;
        };
        /** @description The case that is likely to be next. */
        Upcoming: {
            /**
             * Format: uuid
             * @description Its image.
             */
            image: string;
        };
        /** @description What an upload consists of. */
        UploadFields: {
            /** @description True where the sender vouches that no patient data is burned in. */
            attested?: boolean | null;
            /**
             * Format: binary
             * @description A DICOM, NIfTI, PNG or JPEG file of up to 256 MiB, or a slide as tiled TIFF, SVS or DICOM of up to 4 GiB.
             */
            file: string;
            /** @description The kind of picture, where the file does not say. */
            modality?: string | null;
            /** @description The patient's pseudonym, where the sender chooses it. */
            patient?: string | null;
            /** @description The study's pseudonym, likewise. */
            study?: string | null;
        };
        /** @description A person, as others may see them. */
        User: {
            /** @description Whether they can no longer sign in. */
            disabled: boolean;
            /** @description What others see. */
            display_name: string;
            /**
             * Format: uuid
             * @description The account's id.
             */
            id: string;
            /** @description The interface's language: en, zh-Hans or ja. */
            interface_lang: string;
            /** @description Whether they run the installation. */
            is_admin: boolean;
            /** @description What they sign in with. */
            username: string;
        };
        /** @description What an administrator may change about a user. */
        UserChangeBody: {
            /** @description Whether they can no longer sign in. */
            disabled?: boolean | null;
            /** @description What others see. */
            display_name?: string | null;
            /** @description Whether they run the installation. */
            is_admin?: boolean | null;
            /** @description A new password. */
            password?: string | null;
        };
        /**
         * Format: uuid
         * @description A person or a program that signs in.
         */
        UserId: string;
        /** @description All users. */
        Users: {
            /** @description By name. */
            users: components["schemas"]["User"][];
        };
        /** @description What a reader says of an image in which nothing is marked. */
        Verdict: {
            /** @enum {string} */
            kind: "nothing_found";
        } | {
            /** @enum {string} */
            kind: "not_assessable";
            /** @description Why: motion, exposure, the wrong part of the body. */
            reason?: string;
        };
        /**
         * @description How a window maps values to grey, PS3.3 section C.11.2.1.
         * @enum {string}
         */
        VoiFunction: "linear" | "linear_exact" | "sigmoid";
        /** @description What a reader says about an image as a whole. */
        WholeImage: {
            /** @description Labels, each concept at most once. */
            findings?: components["schemas"]["Finding"][];
            /** @description Questions and answers. */
            questions?: components["schemas"]["Question"][];
            /** @description The report, sentence by sentence. */
            report?: components["schemas"]["Sentence"][];
            verdict?: components["schemas"]["Verdict"] | null;
        };
        /** @description How grey levels are shown at first, in the units of the stored pixels. */
        Window: {
            /**
             * Format: double
             * @description The middle of the shown range.
             */
            center: number;
            /**
             * Format: double
             * @description The largest stored value.
             */
            max: number;
            /**
             * Format: double
             * @description The smallest stored value.
             */
            min: number;
            /**
             * Format: double
             * @description Its width.
             */
            width: number;
        };
        /** @description What a round is asked to do; every field has a default. */
        Wish: {
            /**
             * Format: int32
             * @description How many boxes the images may be expected to have together: those that the model finds on each, or else the mean of what was read,
             *     and never less than one an image.
             * @default null
             */
            boxes: number | null;
            /**
             * Format: int32
             * @description How many images to rank at most; 50 unless told otherwise, or as many as fit into `boxes`.
             * @default null
             */
            budget: number | null;
            /** @default null */
            model: components["schemas"]["ModelRef"] | null;
            /**
             * Format: int64
             * @description The seed of everything drawn by chance.
             * @default 0
             */
            seed: number;
            /**
             * @description How to choose; hybrid unless told otherwise.
             * @default hybrid
             */
            strategy: components["schemas"]["Strategy"];
        };
        /** @description What has been written of an answer. */
        Words: {
            /** @description The regions that the model found first and answers by (Regional CoT, MedRegA section 3.3); none where it was not asked to. */
            looked_at: components["schemas"]["SaidRegion"][];
            /** @description The regions that it names so far. */
            regions: components["schemas"]["SaidRegion"][];
            /** @description The text without its tags. */
            text: string;
        };
        /** @description Something to do, held until `lease_seconds` after the last heartbeat. */
        WorkItem: (components["schemas"]["RunItem"] & {
            /** @enum {string} */
            kind: "run";
        }) | (components["schemas"]["AcquisitionItem"] & {
            /** @enum {string} */
            kind: "acquisition";
        });
        /** @description `POST /api/worker/inquiries/{id}/words`: the answer as far as it is written. */
        Writing: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description What is written so far. */
            words: components["schemas"]["Words"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_acquisition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcquisitionView"];
                };
            };
        };
    };
    list_revisions: {
        parameters: {
            query?: {
                /** @description The revision after which the page begins. */
                after?: number;
                /** @description Revisions on the page, at most 50; 20 where nothing is said. */
                limit?: number;
            };
            header?: never;
            path: {
                annotation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Revisions"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /** @description The entry after which the page begins. */
                after?: number;
                /** @description Entries on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
        };
    };
    evaluation_difference: {
        parameters: {
            query: {
                /** @description The first run. */
                a: string;
                /** @description The second, held against it. */
                b: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDifference"];
                };
            };
        };
    };
    changed_cases: {
        parameters: {
            query: {
                /** @description The first run. */
                a: string;
                /** @description The second, held against it. */
                b: string;
                /** @description Only answers that changed this way. */
                change?: components["schemas"]["AnswerChange"];
                /** @description The first run's line after which the page begins. */
                after?: number;
                /** @description Answers on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedCases"];
                };
            };
        };
    };
    get_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description both live */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
        };
    };
    my_annotation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
        };
    };
    save_annotation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Save"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    submit_annotation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Submit"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    annotations_of_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotations"];
                };
            };
        };
    };
    attest_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Attestation"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
        };
    };
    get_deidentification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeaderReport"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    inquiries_about: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Inquiries"];
                };
            };
        };
    };
    ask_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Ask"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Inquiry"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    open_case: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Case"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    lint_described: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Described"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Flags"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_pixels: {
        parameters: {
            query?: {
                /** @description Which frame, from 0. */
                frame?: number;
            };
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": number[];
                };
            };
        };
    };
    related_images: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Images"];
                };
            };
        };
    };
    get_rendered: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": number[];
                };
            };
        };
    };
    get_tile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: components["schemas"]["ImageId"];
                level: number;
                column: number;
                row: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": number[];
                    "image/png": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                import: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Import"];
                };
            };
        };
    };
    cancel_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                import: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Import"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    check_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                import: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImportCheck"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Import"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_import_files: {
        parameters: {
            query?: {
                /** @description The path after which the page begins. */
                after?: string;
            };
            header?: never;
            path: {
                import: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StagedFiles"];
                };
            };
        };
    };
    put_import_file: {
        parameters: {
            query: {
                /** @description The file's path in the data set: relative, with `/` between its parts. */
                path: string;
                /** @description When it was changed, in milliseconds since 1970. */
                modified?: number;
            };
            header?: never;
            path: {
                import: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_left_out: {
        parameters: {
            query?: {
                /** @description The number after which the page begins. */
                after?: number;
                /** @description Rows on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                import: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LeftOutPage"];
                };
            };
        };
    };
    download_left_out: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                import: components["schemas"]["ImportId"];
                list: components["schemas"]["ListFormat"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                    "application/jsonl": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    take_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                import: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImportTake"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Import"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_inquiry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                inquiry: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Inquiry"];
                };
            };
        };
    };
    withdraw_inquiry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                inquiry: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    inquiry_events: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                inquiry: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    list_layouts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Layouts"];
                };
            };
        };
    };
    renew_lease: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                lease: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lease"];
                };
            };
        };
    };
    give_back: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                lease: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
        };
    };
    promote_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PromoteBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Promoted"];
                };
            };
        };
    };
    get_openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_projects: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Projects"];
                };
            };
        };
    };
    create_project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProjectBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
        };
    };
    get_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
        };
    };
    change_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectChangeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
        };
    };
    list_acquisitions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acquisitions"];
                };
            };
        };
    };
    ask_acquisition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Wish"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acquisition"];
                };
            };
        };
    };
    next_case: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NextCase"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Case"];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    upcoming_case: {
        parameters: {
            query?: {
                /** @description Only patients of this split. */
                split?: components["schemas"]["Split"] | null;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upcoming"];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_concepts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Concepts"];
                };
            };
        };
    };
    put_concepts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Concepts"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Concepts"];
                };
            };
        };
    };
    search_instances: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search_series: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search_studies: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    store_instances: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/related": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown;
                };
            };
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retrieve_study: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    store_in_study: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/related": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown;
                };
            };
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search_instances_of_study: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    study_metadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search_series_of_study: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retrieve_series: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search_instances_of_series: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retrieve_instance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retrieve_frames: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
                instance: string;
                frames: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    rendered_frames: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
                instance: string;
                frames: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": number[];
                    "image/jpeg": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    instance_metadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    rendered_instance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": number[];
                    "image/jpeg": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    series_metadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_evaluations: {
        parameters: {
            query?: {
                /** @description Only runs on this snapshot. */
                snapshot?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Leaderboard"];
                };
            };
        };
    };
    get_feedback: {
        parameters: {
            query?: {
                /** @description Only cases submitted on this day or later, such as 2026-11-28, in UTC. */
                from?: string;
                /** @description Only cases submitted on this day or before. */
                until?: string;
                /** @description Only cases on which this model had proposed regions. */
                model?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Feedback"];
                };
            };
        };
    };
    feedback_table: {
        parameters: {
            query?: {
                /** @description Only cases submitted on this day or later, such as 2026-11-28, in UTC. */
                from?: string;
                /** @description Only cases submitted on this day or before. */
                until?: string;
                /** @description Only cases on which this model had proposed regions. */
                model?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
        };
    };
    list_images: {
        parameters: {
            query?: {
                /** @description Only cases that stand there. */
                state?: components["schemas"]["ImageState"];
                /** @description Only patients of this split. */
                split?: components["schemas"]["Split"];
                /** @description Only cases that go this way. */
                route?: components["schemas"]["Route"];
                /** @description The image after which the page begins. */
                after?: string;
                /** @description Images on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Images"];
                };
            };
        };
    };
    upload_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["UploadFields"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_imports: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imports"];
                };
            };
        };
    };
    begin_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewImport"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Import"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_members: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Members"];
                };
            };
        };
    };
    set_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                user: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleBody"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    remove_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                user: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_models: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Models"];
                };
            };
        };
    };
    get_progress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
        };
    };
    list_rounds: {
        parameters: {
            query?: {
                /** @description Only rounds before the one of this number. */
                before?: number;
                /** @description Rounds on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rounds"];
                };
            };
        };
    };
    label_efficiency: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelEfficiency"];
                };
            };
        };
    };
    get_routes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RouteCounts"];
                };
            };
        };
    };
    put_routing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoutingBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_runs: {
        parameters: {
            query?: {
                /** @description Only runs with this tag. */
                tag?: string;
                /** @description Only runs whose name, notes or tags hold this text. */
                text?: string;
                /** @description The run after which the page begins. */
                after?: string;
                /** @description Runs on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Runs"];
                };
            };
        };
    };
    launch_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRunBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    compare_runs: {
        parameters: {
            query?: {
                /** @description The ids of 2 to 6 runs, with commas between them. */
                runs?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
        };
    };
    list_snapshots: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshots"];
                };
            };
        };
    };
    cut_snapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSnapshotBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    preview_snapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Filter"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Counts"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_templates: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Templates"];
                };
            };
        };
    };
    put_templates: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Templates"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Templates"];
                };
            };
        };
    };
    get_round: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoundView"];
                };
            };
        };
    };
    round_items: {
        parameters: {
            query?: {
                /** @description Only images after this rank. */
                after?: number;
                /** @description Images on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoundItems"];
                };
            };
        };
    };
    get_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
        };
    };
    run_artifacts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Artifacts"];
                };
            };
        };
    };
    run_artifact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: components["schemas"]["RunId"];
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
    get_evaluation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EvaluationView"];
                };
            };
        };
    };
    evaluation_cases: {
        parameters: {
            query?: {
                /** @description Only answers with this fault. */
                filter?: components["schemas"]["Fault"];
                /** @description Only answers about this concept. */
                concept?: string;
                /** @description Only answers that name this concept; empty for those whose words are no concept's name. */
                named?: string;
                /** @description Only answers on pictures of this kind. */
                modality?: string;
                /** @description Only answers in this language. */
                lang?: string;
                /** @description The line after which the page begins. */
                after?: number;
                /** @description Answers on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EvaluationCases"];
                };
            };
        };
    };
    run_events: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    run_log: {
        parameters: {
            query?: {
                /** @description Newest lines, at most 2000; 500 where it is absent. */
                limit?: number;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunLog"];
                };
            };
        };
    };
    run_metrics: {
        parameters: {
            query?: {
                /** @description Only values of later steps. */
                after_step?: number;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Series"];
                };
            };
        };
    };
    annotate_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotesBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    resume_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResumeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    stop_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    change_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    keep_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Settings"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_snapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
        };
    };
    snapshot_datasheet: {
        parameters: {
            query?: {
                /** @description How it is written; html unless told otherwise. */
                format?: components["schemas"]["DatasheetFormat"];
            };
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    snapshot_differences: {
        parameters: {
            query?: {
                /** @description Only cases whose image comes after this one. */
                after?: string;
                /** @description The most cases to tell of, 100 unless told otherwise and at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                other: components["schemas"]["Digest"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Differences"];
                };
            };
        };
    };
    export_snapshot: {
        parameters: {
            query?: {
                /** @description The layout; medreginstruct unless told otherwise. */
                format?: components["schemas"]["ExportFormat"];
            };
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": number[];
                };
            };
        };
    };
    list_exports: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exports"];
                };
            };
        };
    };
    ask_for_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                format: components["schemas"]["ExportFormat"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                format: components["schemas"]["ExportFormat"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    export_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                format: components["schemas"]["ExportFormat"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": number[];
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    snapshot_manifest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
        };
    };
    snapshot_object: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                object: components["schemas"]["Digest"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
    snapshot_preferences: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
        };
    };
    list_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    issue_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTokenBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_users: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Users"];
                };
            };
        };
    };
    create_user: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUserBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    change_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChangeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    fail_round: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Fail"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    finish_round: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FinishAcquisition"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    round_heartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Heartbeat"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeartbeatReply"];
                };
            };
        };
    };
    worker_pool_object: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: components["schemas"]["AcquisitionId"];
                object: components["schemas"]["Digest"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
    get_pool: {
        parameters: {
            query?: {
                /** @description The image after which the page begins. */
                after?: string;
                /** @description Images on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolPage"];
                };
            };
        };
    };
    put_predictions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Predictions"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    claim_work: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Claim"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkItem"];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    claim_inquiry: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClaimInquiry"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InquiryItem"];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    fail_inquiry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                inquiry: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Fail"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    finish_inquiry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                inquiry: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FinishInquiry"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    inquiry_raster: {
        parameters: {
            query: {
                /** @description The hand-out's number. */
                attempt: number;
            };
            header?: never;
            path: {
                inquiry: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
    put_words: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                inquiry: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Writing"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    worker_model_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: components["schemas"]["ModelId"];
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
    run_standing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunStanding"];
                };
            };
        };
    };
    put_artifact: {
        parameters: {
            query: {
                /** @description The hand-out's number. */
                attempt: number;
            };
            header?: never;
            path: {
                run: components["schemas"]["RunId"];
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ObjectRef"];
                };
            };
        };
    };
    fail_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Fail"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    finish_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FinishRun"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
        };
    };
    run_heartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Heartbeat"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeartbeatReply"];
                };
            };
        };
    };
    put_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Metrics"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    worker_manifest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
        };
    };
    worker_snapshot_object: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                object: components["schemas"]["Digest"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
}
